package features

import (
	"fmt"
	"go/build/constraint"
	"path"
	"regexp"
	"slices"
	"strings"
)

// ByID returns the claims whose id matches one of the patterns: an id, a chapter of ids ("trigger" or "trigger.*"), or
// any pattern of path.Match. A pattern that matches nothing is an error that names the nearest ids.
func ByID(claims []Claim, patterns []string) ([]Claim, error) {
	chosen := map[string]bool{}
	for _, p := range patterns {
		found := false
		for _, c := range claims {
			ok, err := path.Match(p, c.ID)
			if err != nil {
				return nil, fmt.Errorf("claim pattern %q: %w", p, err)
			}
			if ok || strings.HasPrefix(c.ID, p+".") {
				chosen[c.ID], found = true, true
			}
		}
		if !found {
			return nil, fmt.Errorf("no claim matches %q%s", p, nearest(claims, p))
		}
	}
	return slices.DeleteFunc(slices.Clone(claims), func(c Claim) bool { return !chosen[c.ID] }), nil
}

func nearest(claims []Claim, pattern string) string {
	group, name, _ := strings.Cut(pattern, ".")
	var near []string
	for _, c := range claims {
		if strings.HasPrefix(c.ID, group+".") || name != "" && strings.Contains(c.ID, name) {
			near = append(near, c.ID)
		}
	}
	if len(near) == 0 {
		return ""
	}
	if len(near) > 6 {
		near = append(near[:6], "…")
	}
	return " (there are " + strings.Join(near, ", ") + ")"
}

var tagWord = regexp.MustCompile(`@?[\pL\pN_][\pL\pN_.-]*`)

// ByTags keeps the scenarios whose tags fit a tag expression of Cucumber's form, such as "@epoll and not @measured",
// and the claims that still have one. A scenario has its Rule's tags too.
func ByTags(claims []Claim, expr string) ([]Claim, error) {
	x, err := parseTags(expr)
	if err != nil {
		return nil, err
	}
	var out []Claim
	for _, c := range claims {
		rule := append([]string{c.ID, c.Verdict, "section-" + c.Section}, c.Traits...)
		c.Scenarios = slices.DeleteFunc(slices.Clone(c.Scenarios), func(s Scenario) bool {
			tags := append([]string{string(s.Kind)}, rule...)
			if s.Measured {
				tags = append(tags, "measured")
			}
			if s.Linux {
				tags = append(tags, "linux")
			}
			return !x.Eval(func(tag string) bool { return slices.Contains(tags, plainTag(tag)) })
		})
		if len(c.Scenarios) > 0 {
			out = append(out, c)
		}
	}
	return out, nil
}

// hyphen stands for "-" in the words of a build constraint, whose grammar is that of tag expressions but for the
// spelling of its operators and its narrower idea of a word.
const hyphen = "ー"

func plainTag(word string) string { return strings.ReplaceAll(word, hyphen, "-") }

func parseTags(expr string) (constraint.Expr, error) {
	line := tagWord.ReplaceAllStringFunc(expr, func(w string) string {
		switch w {
		case "and":
			return "&&"
		case "or":
			return "||"
		case "not":
			return "!"
		}
		return strings.ReplaceAll(strings.TrimPrefix(w, "@"), "-", hyphen)
	})
	x, err := constraint.Parse("//go:build " + line)
	if err != nil {
		return nil, fmt.Errorf("tag expression %q: write it like '@epoll and not (@edge or @measured)'", expr)
	}
	return x, nil
}
