package plan

import "github.com/tenantstack/tenantstack/tenant"

// IdentityProvider is whose tokens count, as tenants.yaml says it: everything else of it, authorizers read for
// themselves (OpenID Connect Discovery 1.0).
type IdentityProvider struct {
	// Issuer is compared byte for byte with the iss claim.
	Issuer string `json:"issuer"`
	// Audience must be among the values of the aud claim.
	Audience string `json:"audience"`
	// JWKSURI is where the keys are; empty where the issuer's discovery document says it.
	JWKSURI string `json:"jwksUri,omitempty"`
}

func identityProvider(idp tenant.IdentityProvider) IdentityProvider {
	return IdentityProvider{Issuer: idp.Issuer, Audience: idp.Audience, JWKSURI: idp.JWKSURI}
}

func accountSources(p tenant.Platform) []string {
	var names []string
	for _, s := range p.AccountSources {
		names = append(names, string(s))
	}
	return names
}

// Environment is where a stack lives.
type Environment struct {
	// Partition is aws, aws-cn or aws-us-gov.
	Partition string `json:"partition"`
	// Account is the 12-digit id of the AWS account.
	Account string `json:"account"`
	// Region such as eu-central-1.
	Region string `json:"region"`
}

// DNSSuffix of service endpoints in the partition.
func (e Environment) DNSSuffix() string {
	if e.Partition == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}
