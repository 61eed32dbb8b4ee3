package facts

import "strings"

// PoolUse is something that lets in the users of a user pool: an authorizer, or an identity pool.
type PoolUse struct {
	Place Place
	// Pool is the value that names the user pool, nil if it is not of a template.
	Pool *Mark
}

// userPool notes whether administrators alone make users. Without a word on it, everyone on the internet signs up
// (Amazon Cognito Developer Guide, "Configuring policies for user creation").
func (t *reader) userPool(id string, properties map[string]any) {
	if name, err := t.resolver.Name(id); err == nil {
		t.UserPools[name] = isTrue(object(properties["AdminCreateUserConfig"])["AllowAdminCreateUserOnly"])
	}
}

// identityPool gives credentials to the users of user pools.
func (t *reader) identityPool(id string, properties map[string]any) {
	for _, provider := range items(properties["CognitoIdentityProviders"]) {
		t.usesPool(t.place(id, "Properties.CognitoIdentityProviders"), text(object(provider)["ProviderName"]))
	}
}

// usesPool notes that the users of a pool are let in. The pool's id is the last part of its ARN, of its name as a
// provider and of its address as an issuer.
func (t *reader) usesPool(place Place, pool string) {
	for _, m := range marks(pool) {
		if strings.HasSuffix(pool, m.Text) {
			t.PoolUses = append(t.PoolUses, PoolUse{Place: place, Pool: &m})
		}
	}
}
