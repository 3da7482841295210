/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of reasons and causes. Causes are upstream's reason texts, letter for letter: what reads
 * conditions and events compares them.
 */
#include <keda/decide.h>

static const char *const reason_names[KEDA_REASON_COUNT] = {
    [KEDA_REASON_UNSET] = "Unset",
    [KEDA_REASON_UNREADABLE] = "Unreadable",
    [KEDA_REASON_PAUSED] = "Paused",
    [KEDA_REASON_PAUSED_REPLICAS] = "PausedReplicas",
    [KEDA_REASON_PAUSED_SCALE_OUT] = "PausedScaleOut",
    [KEDA_REASON_PAUSED_SCALE_IN] = "PausedScaleIn",
    [KEDA_REASON_ACTIVATED] = "Activated",
    [KEDA_REASON_COOLDOWN] = "Cooldown",
    [KEDA_REASON_DEACTIVATED] = "Deactivated",
    [KEDA_REASON_TRIGGER_ERROR] = "TriggerError",
    [KEDA_REASON_RAISED_TO_MIN] = "RaisedToMin",
    [KEDA_REASON_LOWERED_TO_MAX] = "LoweredToMax",
    [KEDA_REASON_INACTIVE] = "Inactive",
    [KEDA_REASON_NO_SYNC] = "NoSync",
    [KEDA_REASON_METRIC] = "Metric",
    [KEDA_REASON_TOLERANCE] = "Tolerance",
    [KEDA_REASON_STABILIZED] = "Stabilized",
    [KEDA_REASON_SCALE_UP_LIMIT] = "ScaleUpLimit",
    [KEDA_REASON_SCALE_DOWN_LIMIT] = "ScaleDownLimit",
    [KEDA_REASON_TOO_MANY] = "TooManyReplicas",
    [KEDA_REASON_TOO_FEW] = "TooFewReplicas",
    [KEDA_REASON_UNKNOWN_METRICS] = "UnknownMetrics",
    [KEDA_REASON_DISABLED] = "ScalingDisabled",
};

static const char *const cause_names[KEDA_CAUSE_COUNT] = {
    [KEDA_CAUSE_NONE] = "",
    [KEDA_CAUSE_SCALED_OBJECT_READY] = "ScaledObjectReady",
    [KEDA_CAUSE_ERROR_GETTING_CURRENT_REPLICAS] = "ErrorGettingCurrentReplicas",
    [KEDA_CAUSE_SCALED_OBJECT_PAUSED] = "ScaledObjectPaused",
    [KEDA_CAUSE_SCALER_ACTIVE] = "ScalerActive",
    [KEDA_CAUSE_SCALER_NOT_ACTIVE] = "ScalerNotActive",
    [KEDA_CAUSE_SCALER_COOLDOWN] = "ScalerCooldown",
    [KEDA_CAUSE_TRIGGER_ERROR] = "TriggerError",
    [KEDA_CAUSE_PARTIAL_TRIGGER_ERROR] = "PartialTriggerError",
    [KEDA_CAUSE_SUCCEEDED_GET_SCALE] = "SucceededGetScale",
    [KEDA_CAUSE_READY_FOR_NEW_SCALE] = "ReadyForNewScale",
    [KEDA_CAUSE_SCALE_DOWN_STABILIZED] = "ScaleDownStabilized",
    [KEDA_CAUSE_SCALE_UP_STABILIZED] = "ScaleUpStabilized",
    [KEDA_CAUSE_SUCCEEDED_RESCALE] = "SucceededRescale",
    [KEDA_CAUSE_FAILED_GET_SCALE] = "FailedGetScale",
    [KEDA_CAUSE_FAILED_UPDATE_SCALE] = "FailedUpdateScale",
    [KEDA_CAUSE_VALID_METRIC_FOUND] = "ValidMetricFound",
    [KEDA_CAUSE_SCALING_DISABLED] = "ScalingDisabled",
    [KEDA_CAUSE_FAILED_GET_EXTERNAL_METRIC] = "FailedGetExternalMetric",
    [KEDA_CAUSE_FAILED_GET_OBJECT_METRIC] = "FailedGetObjectMetric",
    [KEDA_CAUSE_INVALID_METRIC_SOURCE_TYPE] = "InvalidMetricSourceType",
    [KEDA_CAUSE_SCALE_UP_LIMIT] = "ScaleUpLimit",
    [KEDA_CAUSE_SCALE_DOWN_LIMIT] = "ScaleDownLimit",
    [KEDA_CAUSE_TOO_MANY_REPLICAS] = "TooManyReplicas",
    [KEDA_CAUSE_TOO_FEW_REPLICAS] = "TooFewReplicas",
    [KEDA_CAUSE_DESIRED_WITHIN_RANGE] = "DesiredWithinRange",
    [KEDA_CAUSE_SCALED_OBJECT_UNPAUSED] = "ScaledObjectUnpaused",
    [KEDA_CAUSE_TARGET_TROUBLE] = "TargetTrouble",
    [KEDA_CAUSE_FAILED_GET_PODS_METRIC] = "FailedGetPodsMetric",
    [KEDA_CAUSE_FAILED_GET_RESOURCE_METRIC] = "FailedGetResourceMetric",
    [KEDA_CAUSE_FAILED_GET_CONTAINER_RESOURCE_METRIC] = "FailedGetContainerResourceMetric",
    [KEDA_CAUSE_FALLBACK_EXISTS] = "FallbackExists",
    [KEDA_CAUSE_NO_FALLBACK_FOUND] = "NoFallbackFound",
    [KEDA_CAUSE_SCALED_JOB_READY] = "ScaledJobReady",
};

const char *keda_reason_name(int32_t reason)
{
    return reason >= 0 && reason < KEDA_REASON_COUNT ? reason_names[reason] : "Unset";
}

const char *keda_cause_name(int32_t cause)
{
    return cause >= 0 && cause < KEDA_CAUSE_COUNT ? cause_names[cause] : "";
}

static const char *const deviation_names[] = {
    "FallbackZeroReady",    "FormulaError",         "PartialRefreshesActive",
    "PauseOutBlocksMin",    "ActivationShowsError", "FallbackShowsError",
    "FallbackFraction",     "FallbackPerPoll",      "FallbackCached",
    "FallbackZeroInactive", "CompositeNotNegative", "AnyMetricActivates",
    "PausedInactive",       "JobMaxTotal",          "JobTrueMin",
    "JobListErrorHolds",    "JobEagerPendingOnce",  "CachedExpires",
};

const char *keda_deviation_name(size_t i)
{
    return i < sizeof deviation_names / sizeof deviation_names[0] ? deviation_names[i] : NULL;
}
