package facts

import "testing"

// TestHosts takes hosts out of addresses.
func TestHosts(t *testing.T) {
	for address, want := range map[string]string{
		"api.example.com":                                               "api.example.com",
		"https://api.example.com":                                       "api.example.com",
		"https://api.example.com/a?b=c#d":                               "api.example.com",
		"https://api.example.com:8443/":                                 "api.example.com:8443",
		"https://own.example.com@eve.example":                           "eve.example",
		"https://eve.example\\@own.example.com":                         "eve.example",
		"https://⟨shop/Api⟩.execute-api.eu-central-1.amazonaws.com/api": "⟨shop/Api⟩.execute-api.eu-central-1.amazonaws.com",
		"jdbc:redshift://own.example.com:5439/dev":                      "own.example.com:5439",
		"⟨import:https://x⟩":                                            "⟨import:https://x⟩",
	} {
		if got := hostOf(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}
