// SPDX-License-Identifier: Apache-2.0

package main

// Reads recorded inputs (../README.md says the format). The C side reads the same file; input.c there is the twin.

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
	defaults "k8s.io/kubernetes/pkg/apis/autoscaling/v2"
	"libkeda.test/hpa/podautoscaler"
)

// numbers are the fields of a line; the first, a letter, is taken off.
type numbers struct {
	rest []byte
}

func (n *numbers) next() int64 {
	n.rest = bytes.TrimLeft(n.rest, " ")
	end := bytes.IndexByte(n.rest, ' ')
	if end < 0 {
		end = len(n.rest)
	}
	value, err := strconv.ParseInt(string(n.rest[:end]), 10, 64)
	if err != nil {
		panic(err)
	}
	n.rest = n.rest[end:]
	return value
}

func (n *numbers) next32() int32 { return int32(n.next()) }

// policy is a P line.
type policy struct {
	spec      autoscalingv2.HorizontalPodAutoscalerSpec
	tolerance float64
	window    time.Duration
}

// step is a T line.
type step struct {
	timeMs                      int64
	override, status            int32
	pods                        int32
	readyPercent                int32
	getFails, writeFails, isNew bool
	readings                    []podautoscaler.Reading
	policy                      *policy // nil: the one before goes on
}

type sequence struct {
	count int32
	steps []step
}

var sources = []autoscalingv2.MetricSourceType{autoscalingv2.ExternalMetricSourceType, autoscalingv2.ObjectMetricSourceType}

// quantity brings thousandths into the form in which the API server stores them.
func quantity(milli int64) resource.Quantity {
	return resource.MustParse(resource.NewMilliQuantity(milli, resource.DecimalSI).String())
}

func readRules(n *numbers) *autoscalingv2.HPAScalingRules {
	if n.next() == 0 {
		return nil
	}
	rules := &autoscalingv2.HPAScalingRules{}
	if window := n.next32(); window >= 0 {
		rules.StabilizationWindowSeconds = &window
	}
	selects := []autoscalingv2.ScalingPolicySelect{"", autoscalingv2.MaxChangePolicySelect, autoscalingv2.MinChangePolicySelect, autoscalingv2.DisabledPolicySelect}
	if selected := selects[n.next()]; selected != "" {
		rules.SelectPolicy = &selected
	}
	if tolerance := n.next(); tolerance >= 0 {
		value := quantity(tolerance)
		rules.Tolerance = &value
	}
	types := []autoscalingv2.HPAScalingPolicyType{"", autoscalingv2.PodsScalingPolicy, autoscalingv2.PercentScalingPolicy}
	for count := n.next(); count > 0; count-- {
		rules.Policies = append(rules.Policies, autoscalingv2.HPAScalingPolicy{
			Type: types[n.next()], Value: n.next32(), PeriodSeconds: n.next32()})
	}
	return rules
}

func readMetric(n *numbers, name string) autoscalingv2.MetricSpec {
	spec := autoscalingv2.MetricSpec{Type: sources[n.next()]}
	isValue := n.next() == 1
	amount := quantity(n.next())
	target := autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: &amount}
	if isValue {
		target = autoscalingv2.MetricTarget{Type: autoscalingv2.ValueMetricType, Value: &amount}
	}
	identifier := autoscalingv2.MetricIdentifier{Name: name}
	if spec.Type == autoscalingv2.ObjectMetricSourceType {
		spec.Object = &autoscalingv2.ObjectMetricSource{Metric: identifier, Target: target}
		spec.Object.DescribedObject = autoscalingv2.CrossVersionObjectReference{Kind: "Service", Name: "s", APIVersion: "v1"}
		return spec
	}
	spec.External = &autoscalingv2.ExternalMetricSource{Metric: identifier, Target: target}
	return spec
}

func readPolicy(n *numbers) *policy {
	p := &policy{}
	if least := n.next32(); least >= 0 {
		p.spec.MinReplicas = &least
	}
	p.spec.MaxReplicas = n.next32()
	n.next() // whether 0 is admitted as the least; the API server's business
	p.tolerance = float64(n.next()) / 1000
	p.window = time.Duration(n.next()) * time.Second
	hasBehavior := n.next() != 0
	up, down := readRules(n), readRules(n)
	if hasBehavior {
		p.spec.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: up, ScaleDown: down}
	}
	count := n.next()
	for i := int64(0); i < count; i++ {
		p.spec.Metrics = append(p.spec.Metrics, readMetric(n, strconv.FormatInt(i, 10)))
	}
	p.spec.ScaleTargetRef = autoscalingv2.CrossVersionObjectReference{Kind: "Deployment", Name: "bench", APIVersion: "apps/v1"}
	hpa := autoscalingv2.HorizontalPodAutoscaler{Spec: p.spec}
	defaults.SetDefaults_HorizontalPodAutoscaler(&hpa)
	p.spec = hpa.Spec
	return p
}

func readStep(n *numbers, pending *policy, metrics int) step {
	s := step{timeMs: n.next(), override: n.next32(), status: n.next32(), pods: n.next32(), readyPercent: n.next32(), policy: pending}
	flags := n.next()
	s.getFails, s.writeFails, s.isNew = flags&1 != 0, flags&2 != 0, flags&4 != 0
	s.readings = make([]podautoscaler.Reading, metrics)
	for i := range s.readings {
		count := n.next()
		s.readings[i].Failed = count < 0
		for ; count > 0; count-- {
			s.readings[i].Items = append(s.readings[i].Items, n.next())
		}
	}
	return s
}

// readSequences calls each with every sequence of the file.
func readSequences(path string, each func(*sequence)) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var current *sequence
	var pending *policy
	metrics := 0
	for number := 1; len(text) > 0; number++ {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		text = rest
		if number == 1 {
			if string(line) != "libkeda-hpa-inputs 1" {
				return fmt.Errorf("%s: not a file of inputs", path)
			}
			continue
		}
		n := &numbers{line[1:]}
		switch line[0] {
		case 'S':
			if current != nil {
				each(current)
			}
			n.next()
			current = &sequence{count: n.next32()}
		case 'P':
			pending = readPolicy(n)
			metrics = len(pending.spec.Metrics)
		case 'T':
			current.steps = append(current.steps, readStep(n, pending, metrics))
			pending = nil
		default:
			return fmt.Errorf("%s:%d: a line of an unknown kind", path, number)
		}
	}
	if current != nil {
		each(current)
	}
	return nil
}
