package main

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
)

// listed is how many tasks are shown at most.
const listed = 100

// list is the contract's TaskList.
type list struct {
	Items []view `json:"items"`
}

var _ = rest.Handle("adminTasksGet", func(d *rest.Deps) rest.Handler {
	rows := rest.Table[task](d, tasks)
	return func(ctx context.Context, _ *rest.Request) (*rest.Response, error) {
		page, err := rows.List(ctx, listed, "")
		if err != nil {
			return nil, err
		}
		now := d.Now()
		// The slot comes first: it wins over the row that is kept of the same task.
		out := list{Items: []view{}}
		seen := map[string]bool{}
		for _, t := range page.Rows {
			// DynamoDB removes what has expired within days, not at once.
			expired := t.ExpiresAt != 0 && t.ExpiresAt <= now.Unix()
			if !expired && !seen[t.ID] {
				seen[t.ID] = true
				out.Items = append(out.Items, t.view(now))
			}
		}
		slices.SortStableFunc(out.Items, func(a, b view) int { return strings.Compare(b.ID, a.ID) })
		return rest.JSON(http.StatusOK, out), nil
	}
})
