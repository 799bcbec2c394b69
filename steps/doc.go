// Package steps runs the specification. It holds the step definitions, one file per feature, and the suite that runs a
// Rule against the kernel or against each server that has the Rule's traits.
//
// A step that finds a claim broken returns check.Failf (or a finding of a predicate); one that cannot be shown on this
// machine check.Unsupportedf. Any other error is a failure of iospec's own and is reported as such. A step definition
// holds no verdict logic beyond one comparison: judging recordings is the business of package check.
package steps
