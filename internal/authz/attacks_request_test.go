package authz

import "strings"

// requests are for what the table does not have, or state another account.
func requests() []attack {
	token := goodToken("EdDSA")
	var out []attack
	for _, op := range [][2]string{
		{"get", "/kittens"}, {"Get", "/kittens"}, {"GET ", "/kittens"}, {"", "/kittens"}, {"ANY", "/kittens"}, {"OPTIONS", "/kittens"}, {"HEAD", "/kittens"}, {"PUT", "/kittens"}, {"*", "/kittens"},
		{"GET", ""}, {"GET", "/"}, {"GET", "kittens"}, {"GET", "/kittens/"}, {"GET", "//kittens"}, {"GET", "/Kittens"}, {"GET", "/kittens/x"}, {"GET", "/kittens/{kittenId}"},
		{"GET", "/kittens?x=1"}, {"GET", "/kittens%2f"}, {"GET", "/kittens/../kittens"}, {"GET", "/api/kittens"}, {"GET", "/{proxy+}"}, {"GET", "*"}, {"DELETE", "/kittens/{id}"},
	} {
		r := goodRequest(token)
		r.Method, r.ResourcePath = op[0], op[1]
		out = append(out, attack{"operation " + op[0] + " " + op[1], OperationUnknown, r})
	}
	for name, stated := range map[string]map[string]string{
		"no sources": nil, "empty stage": {SourceStage: ""}, "host only": {SourceHost: testAccount}, "path only": {SourcePath: testAccount}, "other name": {"Stage": testAccount},
	} {
		r := goodRequest(token)
		r.Accounts = stated
		out = append(out, attack{name, AccountSourceMissing, r})
	}
	for name, stated := range map[string]map[string]string{
		"another stage": {SourceStage: "99999"}, "prefix": {SourceStage: "1234"}, "longer": {SourceStage: "123456"}, "space": {SourceStage: "12345 "},
		"another host": {SourceStage: testAccount, SourceHost: "99999"}, "another path": {SourceStage: testAccount, SourcePath: "99999"},
		"empty host": {SourceStage: testAccount, SourceHost: ""}, "unknown source": {SourceStage: testAccount, "header": "99999"},
	} {
		r := goodRequest(token)
		r.Accounts = stated
		out = append(out, attack{name, AccountSourceMismatch, r})
	}
	return out
}

// authorizationHeaders hold a good token in a form that RFC 6750 section 2.1 does not have.
func authorizationHeaders() []attack {
	token := goodToken("EdDSA")
	var out []attack
	add := func(reason Reason, values ...string) {
		r := goodRequest(token)
		r.Authorization = values
		out = append(out, attack{"authorization " + strings.ReplaceAll(strings.Join(values, " | "), token, "TOKEN"), reason, r})
	}
	add(TokenMissing)
	add(TokenMissing, "")
	add(AuthorizationRepeated, "Bearer "+token, "Bearer "+token)
	add(AuthorizationRepeated, "Bearer "+token, "")
	add(AuthorizationRepeated, "Basic eDp5", "Bearer "+token)
	for _, value := range []string{
		token, "Bearer", "Bearer ", "Bearer" + token, "Bearer  " + token, "Bearer\t" + token, "Bearer\u00a0" + token, " Bearer " + token, "Bearer " + token + " ", "Bearer " + token + "\n",
		"Bearer " + token + ",", "Bearer " + token + ", Bearer " + token, "Bearer " + token + ",Basic eDp5", "Basic eDp5, Bearer " + token, "Bearer " + token + " x", "Bearer \"" + token + "\"",
		"Bearer token=" + token + "\"", "Bearer access_token=\"" + token + "\"", "Basic " + token, "Token " + token, "JWT " + token, "DPoP " + token, "MAC " + token, "Bearer: " + token, "Bearer=" + token,
		"Bearer <" + token + ">", "Bearer " + token + ";", "Bearer " + token + "\x00", "\ufeffBearer " + token, "Ｂearer " + token, "Beareŕ " + token, "Bearer =", "Bearer ==", "BearerX " + token,
	} {
		add(AuthorizationMalformed, value)
	}
	for _, value := range []string{"Bearer " + token + "=", "Bearer Bearer." + token, "Bearer ~" + token, "Bearer x", "Bearer ../..", "Bearer +/+/+/"} {
		add(TokenMalformed, value)
	}
	add(TokenTooLarge, "Bearer "+largestToken()+"A")
	add(TokenTooLarge, "Bearer "+strings.Repeat("A", 1<<20))
	add(TokenTooLarge, "Bearer "+strings.Repeat(".", MaxTokenSize+1))
	return out
}
