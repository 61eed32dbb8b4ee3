package tenant

import (
	"fmt"
	"strings"
)

// Placeholders reads a tenants.yaml and returns, in the order of the file, the values that only stand for somebody's
// own: account ids that documentation uses, zones and certificates that nobody has, domains that are reserved for
// examples. The local cloud runs with them; AWS refuses them, or worse, they are somebody else's. Values that Load
// refuses are left out: what either reports keeps a file from being deployed.
//
// Only what a deployment uses counts. The stack of a cell is deployed whether tenants live in it or not, so its account
// counts always; its zone, certificate and alarm topic count once a tenant lives in it.
func Placeholders(path string) (Problems, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return ParsePlaceholders(path, data), nil
}

// ParsePlaceholders is Placeholders of a tenants.yaml in memory. The name is what Problems call the file.
func ParsePlaceholders(name string, data []byte) Problems {
	d, f, _ := decode(name, data)
	if f == nil {
		return nil
	}
	p := placeholders{decoder: d, found: &report{file: name, lines: d.lines}}
	p.platform(f.Platform)
	inhabited := map[string]bool{}
	for _, t := range f.Tenants {
		inhabited[t.Cell] = true
	}
	for _, name := range sortedKeys(f.Cells) {
		p.cell(child("cells", name), f.Cells[name], inhabited[name])
	}
	p.found.problems.Sort()
	return p.found.problems
}

// placeholders finds values that stand for others. Its report is not that of the decoder, whose problems Load tells.
type placeholders struct {
	*decoder
	found *report
}

// check reports the value at a path for a reason, unless there is none, or no value, or one with another problem.
func (p *placeholders) check(path, value, why, fix string) {
	if why == "" || !p.sure(path) || p.found.full() {
		return
	}
	p.found.add(p.at[path], path, fmt.Sprintf("%s is %s, which stands for a value of yours: %s", leafName(path), quoted(value), why), fix)
	p.found.problems[len(p.found.problems)-1].Placeholder = true
}

func (p *placeholders) platform(f Platform) {
	const idp = "platform.identityProvider"
	p.check("platform.domain", f.Domain, reservedHost(f.Domain), "write the domain that tenants are to live under")
	name := func(path, value, fix string) { p.check(path, value, reservedName(value), fix) }
	name(idp+".issuer", f.IdentityProvider.Issuer, "write the issuer of your identity provider, as the iss claim of its tokens has it")
	name(idp+".audience", f.IdentityProvider.Audience, "write the audience that your identity provider issues access tokens for")
	name(idp+".jwksUri", f.IdentityProvider.JWKSURI, "write where the keys of your identity provider are, or remove it")
	for i, origin := range f.IdentityProvider.Origins {
		name(entryPath(idp+".origins", i), origin, "write an origin of your identity provider, or remove it")
	}
	parameters := f.IdentityProvider.AuthorizationParameters
	for _, parameter := range sortedKeys(parameters) {
		name(child(idp+".authorizationParameters", parameter), parameters[parameter], "write what your identity provider expects, or remove it")
	}
}

func (p *placeholders) cell(path string, c Cell, inhabited bool) {
	p.check(path+".awsAccount", c.AWSAccount, madeUpAccount(c.AWSAccount), "write the id of the AWS account that the cell is to be in, or remove the cell")
	if !inhabited {
		return
	}
	p.check(path+".hostedZoneId", c.HostedZoneID, madeUpZone(c.HostedZoneID),
		"write the id of the Route 53 hosted zone of the platform's domain (aws route53 list-hosted-zones)")
	p.check(path+".certificateArn", c.CertificateArn, madeUpCertificate(c.CertificateArn),
		"write the ARN of your ACM certificate (aws acm list-certificates --region us-east-1)")
	if parts := strings.Split(c.AlarmTopicArn, ":"); len(parts) == 6 {
		p.check(path+".alarmTopicArn", c.AlarmTopicArn, madeUpAccount(parts[4]), "write the ARN of your SNS topic (aws sns list-topics), or remove it")
	}
}
