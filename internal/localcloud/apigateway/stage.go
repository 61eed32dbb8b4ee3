package apigateway

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// stageProperties are those of AWS::ApiGateway::Stage.
type stageProperties struct {
	RestApiId, DeploymentId, StageName string
	Variables                          map[string]string
	AccessLogSetting                   struct{ DestinationArn, Format string }
	MethodSettings                     []methodSetting
}

// stage serves a definition.
type stage struct {
	name       string
	definition *definition
	properties stageProperties
	variables  map[string]string // nil if there are none
	throttle   *throttle
	log        *accessLog
	caches     map[*authorizer]*authorizerCache
}

// stageName are the names that a stage can have (API Gateway Developer Guide, "Important notes").
var stageName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

func newStage(d *definition, p stageProperties, now func() time.Time) (*stage, error) {
	if !stageName.MatchString(p.StageName) {
		return nil, fmt.Errorf("StageName %q: want letters, digits, hyphens and underscores, at most 128", p.StageName)
	}
	st := &stage{name: p.StageName, definition: d, properties: p, caches: map[*authorizer]*authorizerCache{}}
	if len(p.Variables) > 0 {
		st.variables = p.Variables
	}
	var err error
	if st.throttle, err = newThrottle(p.MethodSettings, now); err != nil {
		return nil, err
	}
	if st.log, err = newAccessLog(d, p); err != nil {
		return nil, err
	}
	for _, a := range d.authorizers {
		st.caches[a] = newAuthorizerCache()
	}
	return st, nil
}

// accessLog is where the lines of a stage go (API Gateway Developer Guide, "Set up CloudWatch
// logging for REST APIs in API Gateway").
type accessLog struct {
	group, account, region, stream string
	format                         template
}

// newAccessLog is nil if the stage writes none.
func newAccessLog(d *definition, p stageProperties) (*accessLog, error) {
	arn := p.AccessLogSetting.DestinationArn
	if arn == "" {
		return nil, nil
	}
	parts := strings.SplitN(arn, ":", 8) // arn:partition:logs:region:account:log-group:name[:*]
	if len(parts) < 7 || parts[2] != "logs" || parts[5] != "log-group" || parts[6] == "" {
		return nil, fmt.Errorf("AccessLogSetting.DestinationArn %q: want the ARN of a log group", arn)
	}
	if !strings.Contains(p.AccessLogSetting.Format, "$context.requestId") && !strings.Contains(p.AccessLogSetting.Format, "$context.extendedRequestId") {
		return nil, fmt.Errorf("AccessLogSetting.Format %q: it has to have $context.requestId or $context.extendedRequestId", p.AccessLogSetting.Format)
	}
	return &accessLog{group: parts[6], account: parts[4], region: parts[3], stream: shortID(d.id+"/"+p.StageName, 32), format: readTemplate(p.AccessLogSetting.Format)}, nil
}
