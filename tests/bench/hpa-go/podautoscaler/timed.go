// SPDX-License-Identifier: Apache-2.0

package podautoscaler

// The functions of the original which are timed, in the order in which reconcileAutoscaler calls them. What it does
// around them is left out: copying the object, reading and writing the scale, events, counters, writing the status.

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
)

// Decide gives what keda_hpa_decide and keda_history_apply give: the count, the three conditions, the HPA's status
// with the published reading, and what is remembered.
func (b *Bench) Decide() int32 {
	a, hpa, current := &b.controller, b.hpa, b.Scale.Spec.Replicas
	setCondition(hpa, autoscalingv2.AbleToScale, v1.ConditionTrue, "SucceededGetScale", "the HPA controller was able to get the target's current scale")
	a.recordInitialRecommendation(current, benchKey)
	proposed, _, statuses, _, err := a.computeReplicasForMetrics(b.ctx, hpa, &b.Scale, hpa.Spec.Metrics)
	if err != nil && proposed == -1 {
		a.setCurrentReplicasAndMetricsInStatus(hpa, current, statuses)
		return current
	}
	desired := a.normalizeDesiredReplicasWithBehaviors(hpa, benchKey, current, max(proposed, 0), *hpa.Spec.MinReplicas)
	if desired != current {
		setCondition(hpa, autoscalingv2.AbleToScale, v1.ConditionTrue, "SucceededRescale", "the HPA controller was able to update the target scale to %d", desired)
		a.storeScaleEvent(hpa.Spec.Behavior, benchKey, current, desired)
	}
	a.setStatus(hpa, current, desired, statuses, desired != current)
	return desired
}

// DecideBare is the arithmetic alone: no conditions, selector, status or published reading.
func (b *Bench) DecideBare() int32 {
	a, spec, current := &b.controller, &b.hpa.Spec, b.Scale.Spec.Replicas
	a.recordInitialRecommendation(current, benchKey)
	metric := spec.Metrics[0].External
	proposed, _, _, err := a.replicaCalc.GetExternalPerPodMetricReplicas(b.Scale.Status.Replicas,
		metric.Target.AverageValue.MilliValue(), metric.Metric.Name, a.tolerancesForHpa(b.hpa), b.hpa.Namespace, metric.Metric.Selector)
	if err != nil {
		return current
	}
	a.maybeInitScaleDownStabilizationWindow(b.hpa)
	args := NormalizationArg{
		Key:               benchKey,
		ScaleUpBehavior:   spec.Behavior.ScaleUp,
		ScaleDownBehavior: spec.Behavior.ScaleDown,
		MinReplicas:       *spec.MinReplicas,
		MaxReplicas:       spec.MaxReplicas,
		CurrentReplicas:   current,
		DesiredReplicas:   max(proposed, 0),
	}
	args.DesiredReplicas, _, _ = a.stabilizeRecommendationWithBehaviors(args)
	desired, _, _ := a.convertDesiredReplicasWithBehaviorRate(args)
	if desired != current {
		a.storeScaleEvent(spec.Behavior, benchKey, current, desired)
	}
	return desired
}
