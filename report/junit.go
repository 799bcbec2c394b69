package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/iospec/iospec/check"
)

// The form of JUnit's reports, as continuous integration reads it: a suite per subject, a case per claim.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitProblem `xml:"failure,omitempty"`
		Error   *junitProblem `xml:"error,omitempty"`
		Skipped *junitProblem `xml:"skipped,omitempty"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes the run in the form of JUnit. What is inconclusive, unsupported or known to fail is a skipped case with
// the reason: it is no success, and no news.
func JUnit(out io.Writer, run *Run) error {
	var suites junitSuites
	for _, s := range run.Subjects {
		suite := junitSuite{Name: "iospec." + s.Name}
		seconds := 0.0
		for _, r := range run.Results {
			if r.Subject == s.Name {
				seconds += suite.add(r, run.claim(r.Claim))
			}
		}
		suite.Time = fmt.Sprintf("%.3f", seconds)
		suites.Suites = append(suites.Suites, suite)
	}
	if _, err := io.WriteString(out, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(out)
	enc.Indent("", "  ")
	if err := enc.Encode(suites); err != nil {
		return err
	}
	_, err := io.WriteString(out, "\n")
	return err
}

func (s *junitSuite) add(r Result, c Claim) (seconds float64) {
	for _, sc := range r.Scenarios {
		seconds += sc.Seconds
	}
	tc := junitCase{Class: s.Name, Name: r.Claim + ": " + c.Title, Time: fmt.Sprintf("%.3f", seconds)}
	var detail strings.Builder
	Detail(&detail, r, c, Style{Width: 120})
	problem := &junitProblem{Message: r.Observed, Text: detail.String()}
	s.Tests++
	switch {
	case r.Known != nil:
		problem.Message = "known to fail: " + *r.Known
		tc.Skipped, s.Skipped = problem, s.Skipped+1
	case r.Outcome == check.Pass:
	case r.Outcome == check.Fail:
		tc.Failure, s.Failures = problem, s.Failures+1
	case r.Outcome == check.Error:
		tc.Error, s.Errors = problem, s.Errors+1
	default:
		problem.Message = string(r.Outcome) + ": " + problem.Message
		tc.Skipped, s.Skipped = problem, s.Skipped+1
	}
	s.Cases = append(s.Cases, tc)
	return seconds
}
