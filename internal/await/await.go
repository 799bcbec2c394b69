// Package await waits for conditions, instead of for times.
package await

import (
	"fmt"
	"time"
)

// Patience bounds every wait. It is no part of any verdict: what does not happen within it is an error.
const Patience = 20 * time.Second

// between is the pause between two looks.
const between = 100 * time.Microsecond

// Until looks until the condition holds, and returns the condition's error if there is one. What it waits for is named
// for the error that tells that it waited in vain.
func Until(what string, condition func() (bool, error)) error {
	for deadline := time.Now().Add(Patience); ; time.Sleep(between) {
		if ok, err := condition(); ok || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("waited %v in vain for %s", Patience, what)
		}
	}
}
