// SPDX-License-Identifier: Apache-2.0

package podautoscaler

// What the controller asks and tells: the scale subresource, its own status, the metrics APIs, the pod cache, events
// and counters. Each answers at once from memory, so that little but the controller's own work is left.

import (
	"context"
	"errors"
	"time"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	autoscalingclient "k8s.io/client-go/kubernetes/typed/autoscaling/v2"
	corelisters "k8s.io/client-go/listers/core/v1"
	scaleclient "k8s.io/client-go/scale"
	metricsclient "k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"
	"k8s.io/kubernetes/pkg/controller/podautoscaler/monitor"
)

var errPlanned = errors.New("planned")

type scales struct {
	scaleclient.ScaleInterface
	bench *Bench
}

func (s scales) Scales(string) scaleclient.ScaleInterface { return s }

func (s scales) Get(context.Context, schema.GroupResource, string, metav1.GetOptions) (*autoscalingv1.Scale, error) {
	if s.bench.GetFails {
		return nil, errPlanned
	}
	scale := s.bench.Scale
	return &scale, nil
}

func (s scales) Update(_ context.Context, _ schema.GroupResource, scale *autoscalingv1.Scale, _ metav1.UpdateOptions) (*autoscalingv1.Scale, error) {
	if s.bench.UpdateFails {
		return nil, errPlanned
	}
	s.bench.Written = scale.Spec.Replicas
	s.bench.HasWritten = true
	return scale, nil
}

type autoscalers struct {
	autoscalingclient.HorizontalPodAutoscalerInterface
	bench *Bench
}

func (h autoscalers) HorizontalPodAutoscalers(string) autoscalingclient.HorizontalPodAutoscalerInterface {
	return h
}

func (h autoscalers) UpdateStatus(_ context.Context, hpa *autoscalingv2.HorizontalPodAutoscaler, _ metav1.UpdateOptions) (*autoscalingv2.HorizontalPodAutoscaler, error) {
	h.bench.hpa.Status = hpa.Status
	return hpa, nil
}

// Metrics are named "0", "1", ... by their place.
type metrics struct {
	metricsclient.MetricsClient
	bench *Bench
}

func (m metrics) reading(name string) *Reading { return &m.bench.Readings[name[0]-'0'] }

func (m metrics) GetExternalMetric(name, _ string, _ labels.Selector) ([]int64, time.Time, error) {
	reading := m.reading(name)
	// The original's client has no empty answer: it is an error there.
	if reading.Failed || len(reading.Items) == 0 {
		return nil, time.Time{}, errPlanned
	}
	return reading.Items, simulatedNow, nil
}

func (m metrics) GetObjectMetric(name, _ string, _ *autoscalingv2.CrossVersionObjectReference, _ labels.Selector) (int64, time.Time, error) {
	reading := m.reading(name)
	if reading.Failed {
		return 0, time.Time{}, errPlanned
	}
	return reading.Items[0], simulatedNow, nil
}

// MaxPods is how many pods the selector can find, and how many of them are ready.
const MaxPods = 64

type pods struct {
	corelisters.PodNamespaceLister
	bench *Bench
}

func (p pods) Pods(string) corelisters.PodNamespaceLister { return p }

func (p pods) List(labels.Selector) ([]*v1.Pod, error) { return p.bench.podList, nil }

// makePods gives MaxPods that are ready and after them as many that are not, so that each mixture is a slice.
func makePods() []*v1.Pod {
	list := make([]*v1.Pod, 2*MaxPods)
	for i := range list {
		pod := &v1.Pod{}
		pod.Name = string(rune('a'+i/26)) + string(rune('a'+i%26))
		pod.Namespace = "default"
		pod.Labels = map[string]string{"app": "bench"}
		pod.Status.Phase = v1.PodRunning
		status := v1.ConditionFalse
		if i < MaxPods {
			status = v1.ConditionTrue
		}
		pod.Status.Conditions = []v1.PodCondition{{Type: v1.PodReady, Status: status}}
		list[i] = pod
	}
	return list
}

type mapper struct{ apimeta.RESTMapper }

var mappings = []*apimeta.RESTMapping{{
	Resource:         schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"},
	GroupVersionKind: schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"},
	Scope:            apimeta.RESTScopeNamespace,
}}

func (mapper) RESTMappings(schema.GroupKind, ...string) ([]*apimeta.RESTMapping, error) {
	return mappings, nil
}

type recorder struct{}

func (recorder) Event(runtime.Object, string, string, string)          {}
func (recorder) Eventf(runtime.Object, string, string, string, ...any) {}
func (recorder) AnnotatedEventf(runtime.Object, map[string]string, string, string, string, ...any) {
}

type noMonitor struct{}

func (noMonitor) ObserveReconciliationResult(monitor.ActionLabel, monitor.ErrorLabel, time.Duration) {
}
func (noMonitor) ObserveMetricComputationResult(monitor.ActionLabel, monitor.ErrorLabel, time.Duration, autoscalingv2.MetricSourceType) {
}
func (noMonitor) ObserveHPAAddition()                          {}
func (noMonitor) ObserveHPADeletion()                          {}
func (noMonitor) ObserveDesiredReplicas(string, string, int32) {}
