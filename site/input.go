// Package site makes the documentation: static pages in which each claim stands beside its evidence, each server beside
// the picture that its recording draws, and the code beside both. Pages open from disk, need nothing from elsewhere, and
// are the same bytes for the same run.
//
//	input.go      what a site is made of
//	build.go      all pages, and the folder they are put in
//	page.go       what every page has: the frame, navigation, links
//	model.go      the run, sorted by what a page asks
//	home.go chapter.go rule.go definitions.go server.go compare.go plots.go changes.go prose.go reference.go
//	              a kind of page each
//	markdown.go highlight.go glossary.go search.go
//	              text, code, words, and how to find them
//	serve.go      the pages while they are being written
//
// Package site/stage reads the division of labour off a recording, site/draw makes pictures of it; code is read by internal/code.
package site

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"

	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/internal/code"
	"github.com/iospec/iospec/report"
	"github.com/iospec/iospec/trace"
)

// Input is all that a site is made of.
type Input struct {
	Run        *report.Run
	Recordings map[string]*trace.Recording // by subject
	Before     *report.Run                 // an earlier run to compare with, or nil

	Claims   []features.Claim
	Servers  []Server  // the reference servers, then the counterexamples
	Systems  []Server  // named systems of other people
	Commands []Command // of the command line
	Statuses []Status  // exit statuses

	Sources         *code.Tree // of the reference servers, a folder for each package
	Predicates      *code.Tree // of package check
	Steps           *code.Tree // of package steps
	Counterexamples fs.FS      // of the counterexamples
	Docs            fs.FS      // chapters, how-tos, glossary
}

// Server is one that iospec brings along.
type Server struct {
	Name    string
	Traits  []string
	Summary string
	Breaks  []string // a counterexample: the claims it must break
	System  bool     // made by other people

	Package string // the folder of its code, "reactor"
	Entry   string // the function that serves, "ServeSingle"
	Worker  string // the function that its worker processes are started with, if it starts such
	File    string // the file of the function that serves
	OS      string // what it runs on, in Go's words; "" is Linux
}

// ServedBy adds where the code is: the function that serves.
func (s Server) ServedBy(serve any) Server {
	f := runtime.FuncForPC(reflect.ValueOf(serve).Pointer())
	s.Package, s.Entry, _ = strings.Cut(path.Base(f.Name()), ".")
	file, _ := f.FileLine(f.Entry())
	s.File = path.Base(file)
	return s
}

// Command is a command of the program.
type Command struct {
	Path, Short, Long, Use, Example string
	Flags                           []Flag
}

// Flag is an option of a command.
type Flag struct{ Name, Type, Default, Usage string }

// Status is an exit status.
type Status struct {
	Code    int
	Meaning string
}

// LoadRun reads a report folder: the run, and the recordings that it mentions.
func LoadRun(dir string) (*report.Run, map[string]*trace.Recording, error) {
	run, err := report.Read(dir)
	if err != nil {
		return nil, nil, err
	}
	recordings := map[string]*trace.Recording{}
	for _, s := range run.Subjects {
		if s.Recording == "" {
			continue
		}
		rec, err := readRecording(filepath.Join(dir, filepath.FromSlash(s.Recording)))
		if err != nil {
			return nil, nil, fmt.Errorf("recording of %s: %w", s.Name, err)
		}
		recordings[s.Name] = rec
	}
	return run, recordings, nil
}

func readRecording(path string) (rec *trace.Recording, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return trace.Read(f)
}
