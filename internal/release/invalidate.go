package release

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// invalidated are the paths whose content changes. Three paths and no wildcard are far from the quotas of a
// distribution, 3,000 paths and 15 wildcards in progress (CloudFront Developer Guide, "Quotas").
var invalidated = []string{"/", "/" + indexKey, "/" + configKey}

// distribution asks for the id of the distribution, which only AWS decides.
func (u *run) distribution(ctx context.Context) (string, error) {
	out, err := u.clients.SSM.GetParameter(ctx, &ssm.GetParameterInput{Name: &u.site.DistributionParameter})
	var none *ssmtypes.ParameterNotFound
	if errors.As(err, &none) {
		return "", fmt.Errorf("reading the SSM parameter %s with the id of the distribution: there is none: deploy the stack %s first", u.site.DistributionParameter, u.site.Stack)
	}
	if err != nil {
		return "", fmt.Errorf("reading the SSM parameter %s with the id of the distribution: %w", u.site.DistributionParameter, err)
	}
	return aws.ToString(out.Parameter.Value), nil
}

// invalidate has CloudFront forget what is old. The reference follows from what is in place since when, so that
// repeating the call makes no second invalidation (CloudFront API Reference, "InvalidationBatch").
func (u *run) invalidate(ctx context.Context, l *listing, t *target, distribution string) error {
	reference := fmt.Sprintf("%s-%d-%d", t.entry, l.objects[indexKey].modified.Unix(), l.objects[configKey].modified.Unix())
	out, err := u.clients.CloudFront.CreateInvalidation(ctx, &cloudfront.CreateInvalidationInput{
		DistributionId: &distribution,
		InvalidationBatch: &types.InvalidationBatch{
			CallerReference: &reference,
			Paths:           &types.Paths{Items: invalidated, Quantity: aws.Int32(int32(len(invalidated)))},
		},
	})
	if err != nil {
		return fmt.Errorf("invalidating %s of distribution %s: %w", invalidated, distribution, err)
	}
	u.result.Invalidation = aws.ToString(out.Invalidation.Id)
	return nil
}

// doneMarks are the keys of marks that an invalidation from now on settles: those of this run, those whose release and
// config.json are in place, and what is left of runs that have ended long ago. A mark of a run that goes on at the same
// time is that run's, and one of a release that was never in place says so for as long as its manifest is there.
func (u *run) doneMarks(l *listing, t *target, begun map[entry]bool) []string {
	var keys []string
	leaving := u.leaving(l, t, begun)
	for _, m := range l.marks {
		inPlace := t.active && m == mark{t.entry, u.config.SHA256[:shortID]}
		stray := u.isStray(l.objects[m.key()]) && (!begun[m.entry] || slices.Contains(leaving, m.entry))
		if u.marks[m] || inPlace || stray {
			keys = append(keys, m.key())
		}
	}
	slices.Sort(keys)
	return keys
}
