package constructs

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	cdk "github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// AssetsProps say which code a stack uses.
type AssetsProps struct {
	// Code by package of functions.
	Code map[string]Code
	// Packages that the stack uses; Code has each of them.
	Packages []string
}

// Assets are the zip files of a stack's functions, one a package.
type Assets struct {
	cdk.Construct
	locations map[string]*awslambda.CfnFunction_CodeProperty
}

// NewAssets adds zip files to the stack's assets.
func NewAssets(scope Scope, id string, props *AssetsProps) Assets {
	a := Assets{cdk.NewConstruct(scope, jsii.String(id)), map[string]*awslambda.CfnFunction_CodeProperty{}}
	for _, pkg := range props.Packages {
		code, ok := props.Code[pkg]
		if !ok {
			panic(fmt.Sprintf("no code for the package %q of functions", pkg))
		}
		assetProps := &awss3assets.AssetProps{Path: jsii.String(code.Path)}
		if code.Hash != "" {
			assetProps.AssetHash = jsii.String(code.Hash)
			assetProps.AssetHashType = awscdk.AssetHashType_CUSTOM
		}
		asset := awss3assets.NewAsset(a.Construct, jsii.String(pkg), assetProps)
		a.locations[pkg] = &awslambda.CfnFunction_CodeProperty{S3Bucket: asset.S3BucketName(), S3Key: asset.S3ObjectKey()}
	}
	return a
}

// Code of a package as a function refers to it.
func (a Assets) Code(pkg string) *awslambda.CfnFunction_CodeProperty { return a.locations[pkg] }
