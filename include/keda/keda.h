/* SPDX-License-Identifier: Apache-2.0 */
/* All of libkeda's public interface. */
#ifndef KEDA_KEDA_H
#define KEDA_KEDA_H

#include <keda/base.h>
#include <keda/decide.h>
#include <keda/engine.h>
#include <keda/error.h>
#include <keda/explain.h>
#include <keda/formula.h>
#include <keda/http.h>
#include <keda/job.h>
#include <keda/journal.h>
#include <keda/json.h>
#include <keda/kube.h>
#include <keda/observe.h>
#include <keda/operator.h>
#include <keda/scaler.h>
#include <keda/simulate.h>
#include <keda/target.h>

#endif
