package picture

import (
	"context"
	"image"
	"image/draw"
	"math"
)

// fit is the picture with sides of at most the given length, drawn anew. Errors: that of ctx.
func fit(ctx context.Context, source image.Image, side int) (*image.NRGBA, error) {
	size := source.Bounds().Size()
	w, h := size.X, size.Y
	if longest := max(w, h); longest > side {
		w, h = max(1, w*side/longest), max(1, h*side/longest)
	}
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	if w == size.X && h == size.Y {
		draw.Draw(out, out.Bounds(), source, source.Bounds().Min, draw.Src)
		return out, nil
	}
	return out, shrink(ctx, out, source)
}

// shrink draws source smaller with the Catmull-Rom kernel. It goes through source once, row by row, and keeps only the
// rows of out that the current one contributes to: x/image/draw would keep all rows of source at the width of
// out, in 32 bytes a pixel.
func shrink(ctx context.Context, out *image.NRGBA, source image.Image) error {
	bounds, size := source.Bounds(), out.Bounds().Size()
	row := image.NewRGBA(image.Rect(0, 0, bounds.Dx(), 1))
	columns, rows := kernels(size.X, bounds.Dx()), kernels(size.Y, bounds.Dy())
	narrow := make([]float32, 4*size.X)
	var open [][]float32 // sums of the rows from done on
	done := 0
	for y := range bounds.Dy() {
		if err := ctx.Err(); err != nil {
			return err
		}
		draw.Draw(row, row.Bounds(), source, image.Pt(bounds.Min.X, bounds.Min.Y+y), draw.Src)
		narrowRow(narrow, row.Pix, columns)
		for to := done; to < size.Y && rows[to].first <= y; to++ {
			if to-done == len(open) {
				open = append(open, make([]float32, len(narrow)))
			}
			add(open[to-done], narrow, rows[to].weights[y-rows[to].first])
		}
		for done < size.Y && rows[done].end() == y+1 {
			finish(out.Pix[done*out.Stride:][:len(narrow)], open[0])
			clear(open[0])
			open = append(open[1:], open[0])
			done++
		}
	}
	return nil
}

// kernel is what one pixel is made of: pixels from first on, by weights whose sum is 1.
type kernel struct {
	first   int
	weights []float32
}

func (k kernel) end() int { return k.first + len(k.weights) }

// kernels makes out pixels of in pixels, of which there are not less.
func kernels(out, in int) []kernel {
	made := make([]kernel, out)
	scale := float64(in) / float64(out)
	for i := range made {
		center := (float64(i)+0.5)*scale - 0.5
		first := max(0, int(math.Ceil(center-2*scale)))
		last := min(in-1, int(math.Floor(center+2*scale)))
		k := kernel{first, make([]float32, last-first+1)}
		sum := 0.0
		for j := range k.weights {
			sum += catmullRom((float64(first+j) - center) / scale)
		}
		for j := range k.weights {
			k.weights[j] = float32(catmullRom((float64(first+j)-center)/scale) / sum)
		}
		made[i] = k
	}
	return made
}

// catmullRom is the cubic filter of Mitchell and Netravali ("Reconstruction Filters in Computer Graphics", 1988)
// with B = 0 and C = 1/2.
func catmullRom(t float64) float64 {
	t = math.Abs(t)
	switch {
	case t < 1:
		return (1.5*t-2.5)*t*t + 1
	case t < 2:
		return ((-0.5*t+2.5)*t-4)*t + 2
	}
	return 0
}

// narrowRow makes a row of fewer pixels. Pixels have four values, red, green, blue and alpha.
func narrowRow(out []float32, in []uint8, columns []kernel) {
	for x, k := range columns {
		var r, g, b, a float32
		pixels := in[4*k.first : 4*k.end()]
		for i, w := range k.weights {
			p := pixels[4*i : 4*i+4 : 4*i+4]
			r += w * float32(p[0])
			g += w * float32(p[1])
			b += w * float32(p[2])
			a += w * float32(p[3])
		}
		o := out[4*x : 4*x+4 : 4*x+4]
		o[0], o[1], o[2], o[3] = r, g, b, a
	}
}

// add adds a row by its weight.
func add(sum, row []float32, weight float32) {
	for i, v := range row {
		sum[i] += weight * v
	}
}

// finish writes a row, whose colors are multiplied by alpha, without that. The kernel overshoots at edges.
func finish(out []uint8, row []float32) {
	for x := 0; x < len(row); x += 4 {
		alpha := min(row[x+3], 255)
		out[x+3] = uint8(max(alpha, 0) + 0.5)
		if out[x+3] == 0 {
			continue // as transparent as a new picture is
		}
		for i := range 3 {
			out[x+i] = uint8(min(max(row[x+i], 0), alpha)*255/alpha + 0.5)
		}
	}
}
