package check

import "github.com/iospec/iospec/trace"

// Word is what one thread tells another: written to an eventfd, a pipe or a pair of sockets, and read at its other end.
// Several may arrive in one read; then the last is named. Words in shared memory make no call.
type Word struct{ Written, Read *trace.Call }

// Words lists them in the order of their arrival.
func Words(rec *trace.Recording) []Word {
	far := farEnds(rec)
	sent := map[trace.Object]*trace.Call{}
	var all []Word
	for _, s := range stops(rec) {
		c := s.call
		end, known := far[c.Object]
		switch {
		case !known || !isIO(c) || c.Result <= 0:
		case isWrite(c) && s.enter:
			sent[end] = c
		case isRead(c) && !s.enter && sent[c.Object] != nil && sent[c.Object].TID != c.TID:
			all = append(all, Word{sent[c.Object], c})
		}
	}
	return all
}

// farEnds gives, for each eventfd, pipe and socket of a pair, what is read where it is written.
func farEnds(rec *trace.Recording) map[trace.Object]trace.Object {
	far := map[trace.Object]trace.Object{}
	for _, c := range rec.Calls {
		if c.Family != trace.FamilyWaker || len(c.Made) == 0 {
			continue
		}
		a, b := c.Made[0].Object, c.Made[len(c.Made)-1].Object
		far[a], far[b] = b, a
	}
	return far
}
