// SPDX-License-Identifier: Apache-2.0

// hpa-go decides recorded inputs with Kubernetes' own HorizontalPodAutoscaler.
//
//	hpa-go run INPUTS     one line of results a step, on standard output
//	hpa-go time INPUTS    for each line "all" or "bare" on standard input, decides all inputs once and prints
//	                      "decisions nanoseconds allocations sum-of-counts", in processor time
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"libkeda.test/hpa/podautoscaler"
)

// place gives the controller's clients what they answer at this step.
func place(b *podautoscaler.Bench, s *step, count int32) int32 {
	if s.isNew {
		b.Forget()
	}
	if s.policy != nil {
		b.Configure(&s.policy.spec, s.policy.tolerance, s.policy.window)
	}
	if s.override >= 0 {
		count = s.override
	}
	pods := s.pods
	if pods < 0 {
		pods = min(count, podautoscaler.MaxPods)
	}
	b.SetClock(s.timeMs)
	b.SetPods(int(pods), int(pods*s.readyPercent/100))
	b.Scale.Spec.Replicas = count
	b.Scale.Status.Replicas = s.status
	if s.status < 0 {
		b.Scale.Status.Replicas = count
	}
	b.GetFails, b.UpdateFails, b.Readings = s.getFails, s.writeFails, s.readings
	return count
}

func appendOptional(line []byte, value int32, has bool) []byte {
	if !has {
		return append(line, " -"...)
	}
	return strconv.AppendInt(append(line, ' '), int64(value), 10)
}

// A published average of no pods is an infinity made an integer, which differs between machines.
func appendProposal(line []byte, b *podautoscaler.Bench, i int) []byte {
	replicas, current, reason := b.Proposal(i)
	line = append(line, ' ')
	if reason != "" {
		return append(line, reason...)
	}
	line = append(strconv.AppendInt(line, int64(replicas), 10), ':')
	switch {
	case current.Value != nil:
		return strconv.AppendInt(line, current.Value.MilliValue(), 10)
	case b.Scale.Status.Replicas == 0:
		return append(line, '-')
	}
	return strconv.AppendInt(line, current.AverageValue.MilliValue(), 10)
}

func appendConditions(line []byte, status *autoscalingv2.HorizontalPodAutoscalerStatus) []byte {
	for _, kind := range []autoscalingv2.HorizontalPodAutoscalerConditionType{
		autoscalingv2.AbleToScale, autoscalingv2.ScalingActive, autoscalingv2.ScalingLimited} {
		text := "-"
		for i := range status.Conditions {
			if c := &status.Conditions[i]; c.Type == kind {
				text = string(c.Status[:1]) + "/" + c.Reason
			}
		}
		line = append(append(line, ' '), text...)
	}
	return line
}

// runStep returns the count after the step.
func runStep(b *podautoscaler.Bench, s *step, count int32, out *bufio.Writer) int32 {
	var scratch [512]byte
	count = place(b, s, count)
	consults := b.Consults()
	combined := int32(0)
	proposals := scratch[400:400:512]
	if consults {
		combined = b.Combined()
		for i := range s.readings {
			proposals = appendProposal(proposals, b, i)
		}
	}
	isError := b.Reconcile()
	status := b.Status()
	line := strconv.AppendInt(scratch[:0:400], int64(count), 10)
	line = appendOptional(line, combined, consults)
	line = appendOptional(line, b.Written, b.HasWritten)
	line = appendOptional(line, status.CurrentReplicas, true)
	line = appendOptional(line, status.DesiredReplicas, true)
	errors := int32(0)
	if isError {
		errors = 1
	}
	line = appendOptional(line, errors, true)
	line = appendConditions(line, status)
	out.Write(line)
	out.Write(proposals)
	out.WriteByte('\n')
	if b.HasWritten {
		return b.Written
	}
	return count
}

func run(path string) error {
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	b := podautoscaler.NewBench()
	err := readSequences(path, func(q *sequence) {
		b.Forget()
		count := q.count
		for i := range q.steps {
			count = runStep(b, &q.steps[i], count, out)
		}
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

// pass decides all sequences once; the targets follow.
func pass(b *podautoscaler.Bench, sequences []*sequence, decide func() int32) (decisions int, sum uint64) {
	for _, q := range sequences {
		b.Forget()
		count := q.count
		for i := range q.steps {
			place(b, &q.steps[i], count)
			count = decide()
			sum = sum*31 + uint64(uint32(count))
		}
		decisions += len(q.steps)
	}
	return decisions, sum
}

// threadNs is the processor time of this thread: neither other programs nor the collector's threads count.
func threadNs() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic(err)
	}
	return t.Nano()
}

func measure(path string) error {
	runtime.LockOSThread()
	var sequences []*sequence
	if err := readSequences(path, func(q *sequence) { sequences = append(sequences, q) }); err != nil {
		return err
	}
	b := podautoscaler.NewBench()
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		decide := b.Decide
		if lines.Text() == "bare" {
			decide = b.DecideBare
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := threadNs()
		decisions, sum := pass(b, sequences, decide)
		elapsed := threadNs() - start
		runtime.ReadMemStats(&after)
		fmt.Println(decisions, elapsed, after.Mallocs-before.Mallocs, sum)
	}
	return nil
}

func main() {
	var err error
	switch {
	case len(os.Args) == 3 && os.Args[1] == "run":
		err = run(os.Args[2])
	case len(os.Args) == 3 && os.Args[1] == "time":
		err = measure(os.Args[2])
	default:
		err = fmt.Errorf("usage: hpa-go run|time INPUTS")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "hpa-go:", err)
		os.Exit(1)
	}
}
