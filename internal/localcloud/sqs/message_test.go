package sqs

import "testing"

// The vector is that of the tests of moto (tests/test_sqs), which other stand-ins of SQS hold as well.
func TestMD5OfAttributes(t *testing.T) {
	got := md5OfAttributes(map[string]Attribute{"timestamp": {DataType: "Number", StringValue: "1493147359900"}})
	if want := "235c5c510d26fb653d073faed50ae77c"; got != want {
		t.Errorf("MD5 = %s, want %s", got, want)
	}
	if got := md5OfAttributes(nil); got != "" {
		t.Errorf("MD5 of no attributes = %q", got)
	}
}

func TestMatches(t *testing.T) {
	for _, tt := range []struct {
		asked, name string
		want        bool
	}{{"All", "x", true}, {".*", "x", true}, {"bar.*", "bar.x", true}, {"bar.*", "foo", false}, {"x", "x", true}, {"x", "xy", false}} {
		if got := matches(tt.asked, tt.name); got != tt.want {
			t.Errorf("matches(%q, %q) = %v", tt.asked, tt.name, got)
		}
	}
}
