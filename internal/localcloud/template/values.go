package template

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// attribute is what Fn::GetAtt, or Ref if the name is empty, returns for what AWS would choose.
func (l *loader) attribute(s *stack, id, name string) (any, bool) {
	r := resource.Resource{Stack: s.Name, LogicalID: id, Type: s.cfn.Template.Resources[id].Type, Account: s.Account, Region: s.Region}
	if arn, err := s.names.Arn(id); err == nil {
		r.ARN = strings.TrimSuffix(l.fill(s, id, arn), ":*")
	}
	v, ok := l.chosen(r, name)
	if !ok {
		return nil, false
	}
	return v, true
}

// chosenAttributes are those that resources tell their providers.
var chosenAttributes = []string{"DomainName", "DomainEndpoint", "S3CanonicalUserId", "StreamArn", "RootResourceId"}

// chosen is a value that a service chooses, or one of AWS's form that follows from the place of the
// resource (CloudFormation Template Reference, "Return values" of each type).
func (l *loader) chosen(r resource.Resource, attribute string) (string, bool) {
	if l.o.Attribute != nil {
		if v, ok := l.o.Attribute(r, attribute); ok {
			return v, true
		}
	}
	h := digest(r.String())
	switch r.Type {
	case "AWS::ApiGateway::RestApi":
		switch attribute {
		case "", "RestApiId":
			return letters(h, 10), true
		case "RootResourceId":
			return letters(digest(r.String()+"/"), 10), true
		}
	case "AWS::ApiGateway::Deployment":
		if attribute == "" || attribute == "DeploymentId" {
			return letters(h, 6), true
		}
	case "AWS::CloudFront::Distribution":
		switch attribute {
		case "", "Id":
			return "E" + strings.ToUpper(letters(h, 13)), true
		case "DomainName":
			return "d" + letters(h, 13) + ".cloudfront.net", true
		}
	case "AWS::CloudFront::CloudFrontOriginAccessIdentity", "AWS::CloudFront::OriginAccessControl":
		if attribute == "" || attribute == "Id" {
			return AccessIdentity(r), true
		}
	case "AWS::CloudFront::ResponseHeadersPolicy", "AWS::CloudFront::CachePolicy", "AWS::CloudFront::OriginRequestPolicy", "AWS::Lambda::EventSourceMapping":
		if attribute == "" || attribute == "Id" {
			return uuid(h), true
		}
	}
	return "", false
}

// AccessIdentity is the id of an origin access identity or control.
func AccessIdentity(r resource.Resource) string {
	return "E" + strings.ToUpper(letters(digest(r.String()), 13))
}

// fill replaces the opaque parts of a resolved string by generated names.
func (l *loader) fill(s *stack, id, text string) string {
	if !cfn.HasOpaque(text) {
		return text
	}
	var b strings.Builder
	for _, part := range cfn.Parts(text) {
		if !part.Opaque {
			b.WriteString(part.Text)
			continue
		}
		if v, ok := l.chosenID(part.Text); ok {
			b.WriteString(v)
			continue
		}
		if strings.Contains(part.Text, "{{resolve:") {
			l.generated[s.Name+"/"+id+": "+strings.Trim(part.Text, "⟨⟩")] = true
		}
		b.WriteString(generated(part.Text))
	}
	return b.String()
}

// chosenID is what Ref returns of the resource that an opaque part stands for, if that is an id which AWS would choose: ARNs
// contain it.
func (l *loader) chosenID(marker string) (string, bool) {
	stackName, id, _ := strings.Cut(strings.Trim(marker, "⟨⟩"), "/")
	for _, s := range l.stacks {
		if r, ok := s.cfn.Template.Resources[id]; ok && s.Name == stackName {
			return l.chosen(resource.Resource{Stack: s.Name, LogicalID: id, Type: r.Type, Account: s.Account, Region: s.Region}, "")
		}
	}
	return "", false
}

// generated is a name that suits most resources: lower-case letters, digits and hyphens,
// at most 50 characters.
func generated(marker string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(marker) {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	name := strings.Trim(b.String(), "-")
	return strings.Trim(name[:min(len(name), 40)], "-") + "-" + letters(digest(marker), 8)
}

func digest(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// letters are n lower-case letters and digits, the first a letter.
func letters(sum []byte, n int) string {
	const first = "abcdefghijklmnopqrstuvwxyz"
	rest := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[1:]))
	return string(first[int(sum[0])%len(first)]) + rest[:n-1]
}

func uuid(sum []byte) string {
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-8" + h[17:20] + "-" + h[20:32]
}

// importValue is an export of any stack.
func (l *loader) importValue(name string) (any, bool) {
	for _, s := range l.stacks {
		if s.exports == nil && !s.exporting {
			s.exporting = true
			if exports, err := s.all.Exports(); err == nil {
				s.exports = exports
			}
			s.exporting = false
		}
		if v, ok := s.exports[name]; ok {
			return v, true
		}
	}
	return nil, false
}

type parameterKey struct{ account, region, name string }

// dynamic is the value of {{resolve:ssm:name}}: of a parameter in a template, else of one that a user
// has put.
func (l *loader) dynamic(s *stack, reference string) (string, bool) {
	name, ok := strings.CutPrefix(strings.Trim(reference, "{}"), "resolve:ssm:")
	if !ok {
		return "", false
	}
	name, _, _ = strings.Cut(name, ":") // a version
	if l.parameters == nil {
		l.parameters = map[parameterKey]string{}
		l.readParameters()
	}
	if v, ok := l.parameters[parameterKey{s.Account, s.Region, name}]; ok {
		return v, true
	}
	if l.o.Parameter != nil {
		return l.o.Parameter(s.Account, s.Region, name)
	}
	return "", false
}

func (l *loader) readParameters() {
	for _, s := range l.stacks {
		for id, r := range s.cfn.Template.Resources {
			if r.Type != "AWS::SSM::Parameter" {
				continue
			}
			properties, err := s.all.Properties(id)
			if err != nil {
				continue // told when the resource itself is loaded
			}
			name, _ := l.finish(s, id, properties["Name"]).(string)
			value, _ := l.finish(s, id, properties["Value"]).(string)
			l.parameters[parameterKey{s.Account, s.Region, name}] = value
		}
	}
}

// tagsOf reads Tags in both forms: a list of keys and values, or an object.
func tagsOf(r cfn.Resource) map[string]string {
	var p struct{ Tags json.RawMessage }
	if json.Unmarshal(r.Properties, &p) != nil || len(p.Tags) == 0 {
		return nil
	}
	tags := map[string]string{}
	var list []struct{ Key, Value any }
	if json.Unmarshal(p.Tags, &list) == nil {
		for _, t := range list {
			key, _ := t.Key.(string)
			value, _ := t.Value.(string)
			if key != "" {
				tags[key] = value
			}
		}
		return tags
	}
	var object map[string]any
	if json.Unmarshal(p.Tags, &object) == nil {
		for k, v := range object {
			tags[k], _ = v.(string)
		}
	}
	return tags
}
