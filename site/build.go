package site

import (
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// Files is a site: the content of each file by its path.
type Files map[string][]byte

// maker makes pages of one kind.
type maker func(*model, templates, Files) ([]page, error)

// makers are all kinds of pages.
var makers = []maker{
	(*model).homePages, (*model).chapterPages, (*model).serverPages, (*model).comparePages, (*model).plotPages,
	(*model).changesPages, (*model).prosePages, (*model).referencePages, (*model).wrongPages,
}

// Generate makes all files of the site. The same input gives the same bytes.
func Generate(in Input) (Files, error) {
	m, err := newModel(in)
	if err != nil {
		return nil, err
	}
	t, err := m.templates()
	if err != nil {
		return nil, fmt.Errorf("templates of the site: %w", err)
	}
	files := Files{}
	var pages []page
	for _, make := range makers {
		made, err := make(m, t, files)
		if err != nil {
			return nil, err
		}
		pages = append(pages, made...)
	}
	for _, p := range pages {
		html, err := t.fill("frame", frame{page: p, Nav: m.nav(p.Path), Run: m.runLine()})
		if err != nil {
			return nil, err
		}
		files[p.Path] = []byte(html)
	}
	if err := m.searchIndex(pages, files); err != nil {
		return nil, err
	}
	return files, copyAssets(files)
}

func copyAssets(files Files) error {
	return fs.WalkDir(assets, "assets", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[path.Base(name)], err = fs.ReadFile(assets, name)
		return err
	})
}

// marker tells that a folder is a site of ours, and may be replaced.
const marker = ".iospec-site"

// Build writes the site into a folder. It is made beside its place and takes it when it is whole; a folder with something
// else in it is left alone.
func Build(in Input, out string) (Files, error) {
	files, err := Generate(in)
	if err != nil {
		return nil, err
	}
	if err := ours(out); err != nil {
		return nil, err
	}
	out = filepath.Clean(out)
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return nil, fmt.Errorf("site folder: %w", err)
	}
	work, err := os.MkdirTemp(filepath.Dir(out), "."+filepath.Base(out)+"-")
	if err != nil {
		return nil, fmt.Errorf("site folder: %w", err)
	}
	if err := errors.Join(os.Chmod(work, 0o755), write(files, work)); err != nil {
		return nil, errors.Join(fmt.Errorf("write the site: %w", err), os.RemoveAll(work))
	}
	if err := errors.Join(os.RemoveAll(out), os.Rename(work, out)); err != nil {
		return nil, errors.Join(fmt.Errorf("put the site in its place: %w", err), os.RemoveAll(work))
	}
	return files, nil
}

func ours(out string) error {
	entries, err := os.ReadDir(out)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("site folder: %w", err)
	}
	if _, err := os.Stat(filepath.Join(out, marker)); err != nil {
		return fmt.Errorf("site folder %s: holds something else than a site: no %s in it", out, marker)
	}
	return nil
}

func write(files Files, dir string) error {
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, marker), nil, 0o644)
}

// figure puts a picture into a frame that can be scrolled, with what it shows under it.
func figure(id, svg string, caption template.HTML) template.HTML {
	return template.HTML(fmt.Sprintf("<figure id=\"%s\"><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Picture\">%s</div><figcaption>%s</figcaption></figure>\n", id, svg, caption))
}
