//go:build linux

package stress

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/iospec/iospec/subject/protocol"
)

// A due is bytes that the server owes a client, in order.
type due struct {
	exact []byte // these bytes
	any   int    // so many bytes, none of which is a newline
	line  bool   // whatever follows, to the next newline
}

// A model is what a server owes one client: it hears what the client sends, in whatever pieces, and says what must come
// back. It is a second, far simpler server. Over is true when the server, once it has sent all that, closes the connection.
type model interface {
	hear(sent []byte) (owes []due, over bool, err error)
}

// models make the model of a new client, by the protocol's name.
var models = map[string]func() model{
	protocol.Echo{}.Name():  func() model { return echoModel{} },
	protocol.Line{}.Name():  func() model { return &lineModel{} },
	protocol.Redis{}.Name(): func() model { return &redisModel{} },
}

type echoModel struct{}

func (echoModel) hear(sent []byte) ([]due, bool, error) {
	return []due{{exact: bytes.Clone(sent)}}, false, nil
}

// lineModel is the testee protocol: see protocol.Line, and "iospec serve --help".
type lineModel struct{ half []byte }

func (m *lineModel) hear(sent []byte) (owes []due, over bool, err error) {
	m.half = append(m.half, sent...)
	for {
		end := bytes.IndexByte(m.half, '\n')
		if end < 0 {
			return owes, false, nil
		}
		request := strings.TrimSuffix(string(m.half[:end]), "\r")
		m.half = m.half[end+1:]
		if request == "quit" {
			return owes, true, nil
		}
		answer, err := lineAnswer(request)
		if err != nil {
			return owes, false, err
		}
		owes = append(owes, answer...)
	}
}

func lineAnswer(request string) ([]due, error) {
	verb, arg, _ := strings.Cut(request, " ")
	number, err := strconv.Atoi(arg)
	numbered := err == nil && number >= 0 && strconv.Itoa(number) == arg
	switch {
	case verb == "echo" && len(request) < 16<<10: // a longer request may be refused
		return []due{{exact: []byte(arg + "\n")}}, nil
	case verb == "blob" && numbered && number > 0:
		return []due{{any: number - 1}, {exact: []byte("\n")}}, nil
	case verb == "sleep" && numbered && number <= 10_000:
		return []due{{exact: fmt.Appendf(nil, "slept %d\n", number)}}, nil
	case verb == "spin" && numbered && number <= 10_000:
		return []due{{exact: fmt.Appendf(nil, "spun %d\n", number)}}, nil
	case request == "whoami":
		return []due{{line: true}}, nil
	case verb == "echo", verb == "blob", verb == "sleep", verb == "spin":
		return nil, fmt.Errorf("no model says what is due for %.40q…", request)
	}
	return []due{{exact: []byte("error: ")}, {line: true}}, nil
}

// redisModel knows of RESP two commands that leave nothing behind: ECHO and PING.
type redisModel struct{ half []byte }

func (m *redisModel) hear(sent []byte) (owes []due, over bool, err error) {
	m.half = append(m.half, sent...)
	for {
		words, size, err := respCommand(m.half)
		if err != nil || size == 0 {
			return owes, false, err
		}
		m.half = m.half[size:]
		switch {
		case len(words) == 1 && words[0] == "PING":
			owes = append(owes, due{exact: []byte("+PONG\r\n")})
		case len(words) == 2 && words[0] == "ECHO":
			owes = append(owes, due{exact: fmt.Appendf(nil, "$%d\r\n%s\r\n", len(words[1]), words[1])})
		default:
			return owes, false, fmt.Errorf("the model of redis knows PING and ECHO TEXT, and not %.40q", words)
		}
	}
}

// respCommand takes the first command off what was sent; size is 0 when it is not there in full.
func respCommand(sent []byte) (words []string, size int, err error) {
	number := func(sign byte) (n int, ok bool) {
		end := bytes.Index(sent[size:], []byte("\r\n"))
		if end < 0 || err != nil {
			return 0, false
		}
		text := string(sent[size : size+end])
		if n, err = strconv.Atoi(strings.TrimPrefix(text, string(sign))); err != nil || n < 0 || text[0] != sign {
			err = fmt.Errorf("%.40q is not how a redis client begins", text)
			return 0, false
		}
		size += end + 2
		return n, true
	}
	count, ok := number('*')
	for range count {
		length, there := number('$')
		if !there || size+length+2 > len(sent) {
			return nil, 0, err
		}
		words = append(words, string(sent[size:size+length]))
		size += length + 2
	}
	if !ok {
		return nil, 0, err
	}
	return words, size, nil
}
