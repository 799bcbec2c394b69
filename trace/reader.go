package trace

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
)

// MaxLine is how many bytes a line of a recording may have. The longest real ones are select and poll calls with some
// ten thousand descriptors, below 1 MiB.
const MaxLine = 64 << 20

// Torn is the error with which Records ends when the last line was not written whole. All records before it are good.
type Torn struct {
	Line  int // its number, from 1
	Bytes int // how much of it there is
}

func (t *Torn) Error() string {
	return fmt.Sprintf("line %d: cut short after %d bytes: the recorder died while writing it", t.Line, t.Bytes)
}

// Read reads a whole recording. A recording that was cut short, in the middle of a line even, is read as far as it
// goes: it has no End, and Torn says how much of the last line is lost. Anything else that is not a recording, was
// damaged, or was written by a newer iospec is refused, with the number of the line.
func Read(from io.Reader) (*Recording, error) {
	r := NewRecording()
	for rec, err := range Records(from) {
		if torn := (*Torn)(nil); errors.As(err, &torn) {
			r.Torn = torn.Bytes
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read recording: %w", err)
		}
		r.add(rec)
	}
	if err := r.sortCalls(); err != nil {
		return nil, fmt.Errorf("read recording: %w", err)
	}
	return r, nil
}

// Records reads a recording record by record, for those who need not hold it all. The first error ends it; a *Torn
// says that nothing but the end is missing.
func Records(from io.Reader) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		l := &lines{r: bufio.NewReaderSize(from, 64<<10)}
		for ended := false; ; {
			rec, err := l.next(ended)
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(Record{}, err)
				return
			}
			ended = rec.End != nil
			if !yield(rec, nil) {
				return
			}
		}
	}
}

// lines reads one record per line and knows which line it is at.
type lines struct {
	r      *bufio.Reader
	number int
	buf    []byte
}

// next reads the next record; io.EOF when there is none.
func (l *lines) next(ended bool) (Record, error) {
	line, whole, err := l.line()
	if err != nil {
		return Record{}, err
	}
	rec, err := parse(line)
	switch {
	case l.number == 1 && (err != nil || rec.Header == nil):
		return Record{}, notARecording(line, err)
	case err != nil && !whole && !ended:
		return Record{}, &Torn{Line: l.number, Bytes: len(line)}
	case err != nil:
		return Record{}, fmt.Errorf("line %d: %w", l.number, err)
	case ended:
		return Record{}, fmt.Errorf("line %d: a record after the end", l.number)
	case l.number > 1 && rec.Header != nil:
		return Record{}, fmt.Errorf("line %d: a second header: two recordings in one file?", l.number)
	}
	return rec, nil
}

// line reads a line without its newline; whole tells whether there was one.
func (l *lines) line() (line []byte, whole bool, err error) {
	l.buf = l.buf[:0]
	l.number++
	for {
		part, err := l.r.ReadSlice('\n')
		l.buf = append(l.buf, part...)
		switch {
		case len(l.buf) > MaxLine:
			return nil, false, fmt.Errorf("line %d: longer than %d bytes: not a recording, or damaged", l.number, MaxLine)
		case err == nil:
			return l.buf[:len(l.buf)-1], true, nil
		case err == io.EOF && len(l.buf) == 0 && l.number == 1:
			return nil, false, errors.New("empty: no recording was begun")
		case err == io.EOF && len(l.buf) == 0:
			return nil, false, io.EOF
		case err == io.EOF:
			return l.buf, false, nil
		case err != bufio.ErrBufferFull:
			return nil, false, fmt.Errorf("line %d: %w", l.number, err)
		}
	}
}

// parse reads one record, and refuses what it does not know: a newer writer may have meant something by it.
func parse(line []byte) (Record, error) {
	var rec Record
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&rec); err != nil {
		if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
			return Record{}, fmt.Errorf("unknown field %s: written by a newer iospec, or damaged", field)
		}
		return Record{}, fmt.Errorf("damaged: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Record{}, errors.New("damaged: more than one record on the line")
	}
	return rec, rec.Check()
}

// notARecording says what is wrong with the first line. A newer version is recognised even when its header has fields
// that are not known here.
func notARecording(line []byte, err error) error {
	var first struct {
		Header *struct {
			Format  string `json:"format"`
			Version int    `json:"version"`
		} `json:"header"`
	}
	if json.Unmarshal(line, &first) == nil && first.Header != nil {
		h := Header{Format: first.Header.Format, Version: first.Header.Version}
		if wrong := h.check(); wrong != nil {
			return fmt.Errorf("line 1: %w", wrong)
		}
		return fmt.Errorf("line 1: %w", err)
	}
	return errors.New("line 1: not a recording: it does not begin with a header of format " + Format)
}
