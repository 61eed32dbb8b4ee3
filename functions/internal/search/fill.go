package search

import (
	"context"
	"time"
)

const (
	// fillRounds bounds the searches for one page, and fillTime their time: a page that is not full then is
	// returned with a cursor.
	fillRounds = 10
	fillTime   = 2 * time.Second
	// fillSize is how many hits a search asks for after the first, which was not enough.
	fillSize = MaxLimit
)

// SearchRows is Search for hits that have a row. exists reads the rows of hits, by consistent reads, and reports
// of each whether it is there. A hit without a row is left out and the next takes its place, so that a page is
// full, or is the last, or Gone is large. Next is set if there is another hit with a row, or more than was looked at.
//
// What is left out stays in the index until who may write there removes it: see RemoveGone.
func (c *Client) SearchRows(ctx context.Context, q Query, exists func(context.Context, []Hit) ([]bool, error)) (Page, error) {
	if err := c.check(&q); err != nil {
		return Page{}, err
	}
	began := time.Now()
	var out Page
	next := q
	next.Limit++ // one more, to know whether there is another page
	for round := range fillRounds {
		if round > 0 && time.Since(began) > fillTime {
			break
		}
		page, err := c.search(ctx, next)
		if err != nil && len(out.Hits) > 0 {
			break // what was found is worth more than an error, and the cursor leads here again
		}
		if err != nil {
			return Page{}, err
		}
		if round == 0 {
			out.Total = page.Total
		}
		there, err := exists(ctx, page.Hits)
		if err != nil {
			return Page{}, err
		}
		for i, hit := range page.Hits {
			switch {
			case !there[i]:
				out.Gone++
			case len(out.Hits) == q.Limit:
				out.Next = out.Hits[q.Limit-1].Cursor
				return out, nil
			default:
				out.Hits = append(out.Hits, hit)
			}
		}
		if page.Next == "" {
			return out, nil
		}
		next.Cursor, next.Limit = page.Next, fillSize
	}
	out.Next = next.Cursor
	return out, nil
}
