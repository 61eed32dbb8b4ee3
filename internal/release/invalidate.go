package release

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// invalidated are the paths whose content changes with a release. They, and the assets that were replaced, are fewer than the quota
// of a distribution, 3,000 paths in progress (CloudFront Developer Guide, "Quotas").
var invalidated = []string{"/", "/" + indexKey, "/" + configKey}

// distribution asks for the id of the distribution, which only AWS decides.
func (u *run) distribution(ctx context.Context) (string, error) {
	out, err := u.clients.SSM.GetParameter(ctx, &ssm.GetParameterInput{Name: &u.site.DistributionParameter})
	var none *ssmtypes.ParameterNotFound
	if errors.As(err, &none) {
		return "", fmt.Errorf("reading the SSM parameter %s with the id of the distribution: there is none: deploy the stack %s first", u.site.DistributionParameter, u.site.Stack)
	}
	if err != nil {
		return "", plainly(fmt.Errorf("reading the SSM parameter %s with the id of the distribution: %w", u.site.DistributionParameter, err))
	}
	return aws.ToString(out.Parameter.Value), nil
}

// putMark announces that something changes which CloudFront may have: the page, config.json, or other files, which it names.
func (u *run) putMark(ctx context.Context, l *listing, t *target, replaced []string) error {
	m := mark{t.entry, u.config.SHA256[:shortID]}
	before, err := u.replacedBy(ctx, l, m.key()) // by a run that was interrupted
	if err != nil {
		return err
	}
	all := slices.Concat(before, u.marks[m], replaced)
	slices.Sort(all)
	all = slices.Compact(all)
	if err := u.put(ctx, newFile(m.key(), []byte(strings.Join(all, "\n")), contentTypes[".txt"])); err != nil {
		return err
	}
	u.marks[m] = all
	return nil
}

// replacedBy are the files that a mark names.
func (u *run) replacedBy(ctx context.Context, l *listing, key string) ([]string, error) {
	if l.objects[key].size == 0 {
		return nil, nil
	}
	text, err := u.get(ctx, key)
	if errors.Is(err, errGone) {
		return nil, nil // it was settled
	}
	return slices.DeleteFunc(strings.Split(string(text), "\n"), func(path string) bool { return !isNamedByMarks(path) }), err
}

// paths are what the marks of the keys are settled by.
func (u *run) paths(ctx context.Context, l *listing, keys []string) ([]string, error) {
	var assets []string
	for _, key := range keys {
		m, _ := parseMark(key)
		named, own := u.marks[m]
		if !own {
			var err error
			if named, err = u.replacedBy(ctx, l, key); err != nil {
				return nil, err
			}
		}
		assets = append(assets, named...)
	}
	slices.Sort(assets)
	paths := slices.Clone(invalidated)
	for _, name := range slices.Compact(assets) {
		paths = append(paths, "/"+name)
	}
	return paths, nil
}

// invalidate has CloudFront forget what is old. The reference follows from what is in place since when, so that
// repeating the call makes no second invalidation (CloudFront API Reference, "InvalidationBatch").
func (u *run) invalidate(ctx context.Context, l *listing, t *target, marks []string, distribution string) error {
	paths, err := u.paths(ctx, l, marks)
	if err != nil {
		return err
	}
	reference := fmt.Sprintf("%s-%d-%d", t.entry, l.objects[indexKey].modified.Unix(), l.objects[configKey].modified.Unix())
	if len(paths) > len(invalidated) {
		h := sha256.New()
		for _, path := range paths {
			fmt.Fprintf(h, "%s %d\n", path, l.objects[path[1:]].modified.Unix())
		}
		reference += fmt.Sprintf("-%x", h.Sum(nil)[:8])
	}
	out, err := u.clients.CloudFront.CreateInvalidation(ctx, &cloudfront.CreateInvalidationInput{
		DistributionId: &distribution,
		InvalidationBatch: &types.InvalidationBatch{
			CallerReference: &reference,
			Paths:           &types.Paths{Items: paths, Quantity: aws.Int32(int32(len(paths)))},
		},
	})
	if err != nil {
		return plainly(fmt.Errorf("invalidating %s of distribution %s: %w", paths, distribution, err))
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
		if _, own := u.marks[m]; own || inPlace || stray {
			keys = append(keys, m.key())
		}
	}
	slices.Sort(keys)
	return keys
}
