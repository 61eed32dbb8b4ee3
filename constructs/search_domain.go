package constructs

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsopensearchservice"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	cdk "github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/tenantstack/tenantstack/plan"
)

// SearchDomainProps is the domain to make.
type SearchDomainProps struct {
	// Domain of the plan.
	Domain plan.Domain
	// LogsPolicy lets OpenSearch write to the domain's log groups, which AWS checks when it makes the domain.
	// @default none: the policy is that of another stack, which is deployed before
	LogsPolicy awslogs.CfnResourcePolicy
	// EngineVersion of the domain.
	// @default "OpenSearch_2.19", the version that the local cloud runs
	EngineVersion string
}

// NewSearchDomain makes an OpenSearch domain, encrypted at rest and between nodes, whose
// requests name their index in the path only, and the parameter that tells its endpoint.
// It is kept when its stack goes.
func NewSearchDomain(scope Scope, id string, props *SearchDomainProps) cdk.Construct {
	d := props.Domain
	version := props.EngineVersion
	if version == "" {
		version = "OpenSearch_2.19"
	}
	c := cdk.NewConstruct(scope, jsii.String(id))
	domain := awsopensearchservice.NewCfnDomain(c, jsii.String(d.LogicalID), &awsopensearchservice.CfnDomainProps{
		DomainName:     jsii.String(d.Name),
		EngineVersion:  jsii.String(version),
		AccessPolicies: document(d.Access),
		// A body that could name an index would escape IAM, which sees the path only
		// (OpenSearch Service Developer Guide, "Advanced options and API considerations").
		AdvancedOptions:             map[string]*string{"rest.action.multi.allow_explicit_index": jsii.String("false")},
		ClusterConfig:               clusterConfig(d),
		EbsOptions:                  &awsopensearchservice.CfnDomain_EBSOptionsProperty{EbsEnabled: true, VolumeType: jsii.String("gp3"), VolumeSize: num(d.VolumeGiB)},
		EncryptionAtRestOptions:     &awsopensearchservice.CfnDomain_EncryptionAtRestOptionsProperty{Enabled: true},
		NodeToNodeEncryptionOptions: &awsopensearchservice.CfnDomain_NodeToNodeEncryptionOptionsProperty{Enabled: true},
		DomainEndpointOptions: &awsopensearchservice.CfnDomain_DomainEndpointOptionsProperty{
			EnforceHttps: true, TlsSecurityPolicy: jsii.String("Policy-Min-TLS-1-2-PFS-2023-10"),
		},
		SoftwareUpdateOptions: &awsopensearchservice.CfnDomain_SoftwareUpdateOptionsProperty{AutoSoftwareUpdateEnabled: true},
		LogPublishingOptions:  logPublishing(c, d),
	})
	retained(domain, d.LogicalID)
	if props.LogsPolicy != nil {
		domain.AddResourceDependency(props.LogsPolicy, nil)
	}
	named(awsssm.NewCfnParameter(c, jsii.String("SearchEndpoint"), &awsssm.CfnParameterProps{
		Name: jsii.String(d.EndpointParameter), Type: jsii.String("String"),
		Value:       sub("https://${" + d.LogicalID + ".DomainEndpoint}"),
		Description: jsii.String("Where the search domain answers"),
	}), "SearchEndpoint")
	return c
}

// clusterConfig spreads nodes over zones when there are enough of them.
func clusterConfig(d plan.Domain) *awsopensearchservice.CfnDomain_ClusterConfigProperty {
	config := &awsopensearchservice.CfnDomain_ClusterConfigProperty{
		InstanceType: jsii.String(d.InstanceType), InstanceCount: num(d.InstanceCount), ZoneAwarenessEnabled: d.InstanceCount > 1,
	}
	switch {
	case d.InstanceCount > 1 && d.InstanceCount%3 == 0:
		config.ZoneAwarenessConfig = &awsopensearchservice.CfnDomain_ZoneAwarenessConfigProperty{AvailabilityZoneCount: num(3)}
	case d.InstanceCount > 1:
		config.ZoneAwarenessConfig = &awsopensearchservice.CfnDomain_ZoneAwarenessConfigProperty{AvailabilityZoneCount: num(2)}
	}
	return config
}

func logPublishing(c cdk.Construct, d plan.Domain) map[string]any {
	var all []plan.LogGroup
	kinds := slices.Sorted(maps.Keys(d.LogGroups))
	for _, kind := range kinds {
		all = append(all, d.LogGroups[kind])
	}
	groups := NewLogGroups(c, "LogGroups", &LogGroupsProps{LogGroups: all})
	out := map[string]any{}
	for _, kind := range kinds {
		out[kind] = &awsopensearchservice.CfnDomain_LogPublishingOptionProperty{
			CloudWatchLogsLogGroupArn: groups.Arn(d.LogGroups[kind].Name), Enabled: true,
		}
	}
	return out
}
