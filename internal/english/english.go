// Package english counts and lists things in English, for those who tell what was found.
package english

import (
	"fmt"
	"strings"
)

// Count says how many there are: "1 process", "3 processes".
func Count(n int, noun string) string { return fmt.Sprintf("%d %s", n, Plural(n, noun)) }

// Plural is the noun as it follows the number n: "process" after 1, "processes" after any other.
func Plural(n int, noun string) string {
	switch {
	case n == 1:
		return noun
	case noun == "child" || strings.HasSuffix(noun, " child"):
		return noun + "ren"
	case strings.HasSuffix(noun, "s"):
		return noun + "es"
	}
	return noun + "s"
}

// List names all: "1", "1 and 2", "1, 2 and 3". Each is written by the verb of package fmt.
func List[T any](all []T, verb string) string {
	var b strings.Builder
	for i, one := range all {
		switch {
		case i == 0:
		case i == len(all)-1:
			b.WriteString(" and ")
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, verb, one)
	}
	return b.String()
}
