//go:build linux

package measure

import (
	"fmt"
	"math"
)

// Fit is a curve laid through measured points.
type Fit struct {
	Model string  // "linear": A + B·x, "log": A + B·ln x, "exponential": A·e^(B·x)
	A, B  float64 // ns, ns per x
	R2    float64 // part of the variance that the curve explains: 1 is all of it
	Error float64 // root mean square of the relative deviations: 0.1 is 10 %
}

// At gives the curve's value.
func (f Fit) At(x float64) float64 {
	switch f.Model {
	case "log":
		return f.A + f.B*math.Log(x)
	case "exponential":
		return f.A * math.Exp(f.B*x)
	default:
		return f.A + f.B*x
	}
}

func (f Fit) String() string {
	form := map[string]string{"linear": "%.4g + %.4g·n", "log": "%.4g + %.4g·ln n", "exponential": "%.4g·e^(%.3g·n)"}[f.Model]
	return fmt.Sprintf(f.Model+" "+form+" ns (r² %.4f, off by %.1f %%)", f.A, f.B, f.R2, 100*f.Error)
}

// Linear lays A + B·x through the points. Like the other fits it makes the relative deviations least, so that the
// small costs count as much as the large ones; costs must be positive.
func Linear(x, y []float64) Fit { return affine("linear", x, y, func(v float64) float64 { return v }) }

// Log lays A + B·ln x through the points.
func Log(x, y []float64) Fit { return affine("log", x, y, math.Log) }

// affine solves the weighted least squares problem of A + B·g(x) with weights 1/y².
func affine(model string, x, y []float64, g func(float64) float64) Fit {
	var w, gx, gy, gxx, gxy float64
	for i := range x {
		k, v := 1/(y[i]*y[i]), g(x[i])
		w += k
		gx += k * v
		gy += k * y[i]
		gxx += k * v * v
		gxy += k * v * y[i]
	}
	b := (w*gxy - gx*gy) / (w*gxx - gx*gx)
	return Fit{Model: model, A: (gy - b*gx) / w, B: b}.judged(x, y)
}

// Exponential lays A·e^(B·x) through the points. For a given B the best A is known in closed form; B is searched for
// where the deviations, which have one valley, are least.
func Exponential(x, y []float64) Fit {
	at := func(b float64) Fit {
		var up, down float64
		for i := range x {
			e := math.Exp(b*x[i]) / y[i]
			up += e
			down += e * e
		}
		return Fit{Model: "exponential", A: up / down, B: b}.judged(x, y)
	}
	span := math.Log(1e9) / (x[len(x)-1] - x[0]) // a billionfold rise over the range is steep enough
	lo, hi := -span, span
	for range 200 {
		third := (hi - lo) / 3
		if at(lo+third).Error < at(hi-third).Error {
			hi -= third
		} else {
			lo += third
		}
	}
	return at((lo + hi) / 2)
}

// judged fills in how well the curve fits.
func (f Fit) judged(x, y []float64) Fit {
	var mean, rss, tss, rel float64
	for _, v := range y {
		mean += v / float64(len(y))
	}
	for i, v := range y {
		d := f.At(x[i]) - v
		rss += d * d
		tss += (v - mean) * (v - mean)
		rel += d / v * d / v
	}
	f.R2 = 1 - rss/tss
	f.Error = math.Sqrt(rel / float64(len(y)))
	return f
}

// Exponent gives p of the power law y ~ x^p that lies nearest to the points: 1 for a line through the origin, 0 for a
// cost that does not change.
func Exponent(x, y []float64) float64 {
	var sx, sy, sxx, sxy float64
	n := float64(len(x))
	for i := range x {
		lx, ly := math.Log(x[i]), math.Log(y[i])
		sx += lx
		sy += ly
		sxx += lx * lx
		sxy += lx * ly
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}
