package imports

// row says what the packages of a folder may import beside the standard library
// and the packages of the same folder.
type row struct {
	// folder relative to the module's root, with all below it; "." is the root alone.
	folder string
	// project folders whose packages may be imported; a folder stands for all below it.
	project []string
	// modules outside the project, by the beginning of the import path. Anything but
	// the CDK if nil.
	modules []string
	// cdk allows the CDK, which embeds a library of 100 MB and starts a Node process.
	cdk bool
}

// everything stands for all packages of the project.
var everything = []string{"..."}

// none stands for no module: the standard library is enough.
var none = []string{}

var table = []row{
	{folder: "tenant"},
	{folder: "api"},
	{folder: "iam", modules: none},
	{folder: "internal/authz", modules: []string{"github.com/go-jose/go-jose/v4"}},
	{folder: "internal/cfn"},
	{folder: "internal/bundle", modules: []string{"golang.org/x/sync/errgroup"}},
	{folder: "plan", project: []string{"tenant", "api", "internal/authz", "iam"}},
	{folder: "constructs", project: []string{"plan", "iam"}, cdk: true},
	{folder: "internal/prove", project: []string{"internal/cfn", "internal/prove/owners", "internal/prove/facts", "internal/prove/rules", "internal/prove/report"}, modules: none},
	{folder: "internal/prove/pattern", modules: none},
	{folder: "internal/prove/declared", modules: none},
	{folder: "internal/prove/registry", modules: none},
	// Facts see templates and no rules; rules see no templates, and no declarations.
	{folder: "internal/prove/facts", project: []string{"iam", "internal/cfn", "internal/prove/declared", "internal/prove/pattern"}, modules: none},
	{folder: "internal/prove/owners", project: []string{"plan", "iam", "internal/cfn", "internal/prove/facts", "internal/prove/pattern"}},
	{folder: "internal/prove/rules", project: []string{"iam", "internal/prove/facts", "internal/prove/owners", "internal/prove/pattern", "internal/prove/report"}, modules: none},
	{folder: "internal/prove/report", project: []string{"iam", "internal/prove/facts"}, modules: none},
	{folder: "internal/localcloud", project: []string{"iam", "internal/cfn", "plan"}},
	{folder: "internal/capacity", project: []string{"plan"}, modules: none},
	{folder: "internal/release", project: []string{"plan"}, modules: []string{
		"github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go", "golang.org/x/net/html", "golang.org/x/sync/errgroup",
	}},
	{folder: "functions", project: []string{"internal/authz"}, modules: []string{
		"github.com/aws/aws-lambda-go", "github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go", "github.com/opensearch-project/opensearch-go/v4",
		"golang.org/x/image",
	}},
	{folder: ".", project: []string{"tenant", "api", "plan", "internal/bundle", "constructs"}, cdk: true},
	{folder: "cmd", project: []string{"tenant", "api", "plan", "iam", "internal/bundle", "internal/prove", "internal/localcloud", "internal/cfn", "internal/release", "internal/capacity"}},
	{folder: "test", project: everything, cdk: true},
}

// cdkModules begin the import paths of the CDK for Go and of what it stands on.
var cdkModules = []string{
	"github.com/aws/aws-cdk-go", "github.com/aws/constructs-go", "github.com/aws/jsii-runtime-go", "github.com/cdklabs",
}
