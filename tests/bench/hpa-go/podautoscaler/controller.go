// SPDX-License-Identifier: Apache-2.0

package podautoscaler

// A HorizontalController without a cluster: its clients answer from the fields of Bench (clients.go), its clock is a
// variable. What decides is the original's code alone; ../build says how this file comes to be part of its package.

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/util/selectors"
)

// Stands where the original calls time.Now().
var simulatedNow time.Time

const benchKey = "default/bench"

// Bench is one HPA, its controller, and what the controller's clients will answer.
type Bench struct {
	controller HorizontalController
	ctx        context.Context
	hpa        *autoscalingv2.HorizontalPodAutoscaler
	allPods    []*v1.Pod
	podList    []*v1.Pod

	Scale       autoscalingv1.Scale // the scale subresource
	GetFails    bool
	UpdateFails bool
	Readings    []Reading // one a metric, in order
	Written     int32     // with HasWritten: what the last reconcile wrote
	HasWritten  bool
}

// Reading is the answer of the metrics API for one metric.
type Reading struct {
	Failed bool
	Items  []int64
}

// NewBench makes a controller which remembers nothing; Configure comes next.
func NewBench() *Bench {
	b := &Bench{ctx: klog.NewContext(context.Background(), logr.Discard()), allPods: makePods()}
	b.Scale.Name = "bench"
	b.Scale.Namespace = "default"
	b.Scale.Status.Selector = "app=bench"
	a := &b.controller
	a.scaleNamespacer = scales{bench: b}
	a.hpaNamespacer = autoscalers{bench: b}
	a.mapper = mapper{}
	a.eventRecorder = recorder{}
	a.monitor = noMonitor{}
	a.podLister = pods{bench: b}
	a.replicaCalc = NewReplicaCalculator(metrics{bench: b}, a.podLister, 300*time.Second, 30*time.Second)
	a.hpaSelectors = selectors.NewBiMultimap()
	b.Forget()
	return b
}

// Forget drops what the controller remembers, as when the HPA was deleted and is created again.
func (b *Bench) Forget() {
	b.controller.recommendations = map[string][]timestampedRecommendation{}
	b.controller.scaleUpEvents = map[string][]timestampedScaleEvent{}
	b.controller.scaleDownEvents = map[string][]timestampedScaleEvent{}
	if b.hpa != nil {
		b.hpa.Status = autoscalingv2.HorizontalPodAutoscalerStatus{}
	}
}

// Configure gives the HPA another spec, as the API server has it after defaulting; its status stays.
func (b *Bench) Configure(spec *autoscalingv2.HorizontalPodAutoscalerSpec, tolerance float64, window time.Duration) {
	hpa := &autoscalingv2.HorizontalPodAutoscaler{Spec: *spec}
	hpa.Name = "bench"
	hpa.Namespace = "default"
	if b.hpa != nil {
		hpa.Status = b.hpa.Status
	}
	b.hpa = hpa
	b.controller.tolerance = tolerance
	b.controller.downscaleStabilisationWindow = window
}

// SetClock moves the time at which everything happens.
func (b *Bench) SetClock(ms int64) {
	simulatedNow = time.Unix(1700000000, 0).Add(time.Duration(ms) * time.Millisecond)
}

// SetPods says what the selector finds.
func (b *Bench) SetPods(total, ready int) { b.podList = b.allPods[MaxPods-ready:][:total] }

// Status is the HPA's, after the last reconcile.
func (b *Bench) Status() *autoscalingv2.HorizontalPodAutoscalerStatus { return &b.hpa.Status }

// Reconcile is the controller's own; true when it reports an error.
func (b *Bench) Reconcile() bool {
	b.HasWritten = false
	return b.controller.reconcileAutoscaler(b.ctx, b.hpa, benchKey) != nil
}

// Consults says whether a reconcile now would look at metrics.
func (b *Bench) Consults() bool {
	current, least := b.Scale.Spec.Replicas, *b.hpa.Spec.MinReplicas
	return !b.GetFails && !(current == 0 && least != 0) && current <= b.hpa.Spec.MaxReplicas && current >= least
}

// Combined is what the metrics propose together, -1 for no decision. Nothing is remembered.
func (b *Bench) Combined() int32 {
	hpa := *b.hpa
	hpa.Status.Conditions = nil
	replicas, _, _, _, _ := b.controller.computeReplicasForMetrics(b.ctx, &hpa, &b.Scale, hpa.Spec.Metrics)
	return replicas
}

// Proposal is what one metric asks for, and what is published of it; a reason when it cannot be used.
func (b *Bench) Proposal(i int) (replicas int32, current autoscalingv2.MetricValueStatus, reason string) {
	var status autoscalingv2.MetricStatus
	replicas, _, _, condition, err := b.controller.computeReplicasForMetric(b.ctx, b.hpa, b.hpa.Spec.Metrics[i],
		b.Scale.Spec.Replicas, b.Scale.Status.Replicas, labels.Everything(), &status)
	if err != nil {
		return 0, current, condition.Reason
	}
	if status.Object != nil {
		return replicas, status.Object.Current, ""
	}
	return replicas, status.External.Current, ""
}
