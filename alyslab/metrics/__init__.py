"""What was measured: instruments, the samples of this process's resources, and reporters.

A number is an observation or it is None, "not observed"; nothing is filled in.

Layout: ``row`` (one number with its name), ``quantile``, ``instruments``
(counter, gauge, histogram), ``collector`` (all instruments of a run),
``resources`` (the sampler), ``reporters`` (JSON, Prometheus text, scraps).
"""

from alyslab.metrics.collector import MetricsCollector
from alyslab.metrics.instruments import Counter, Gauge, Histogram
from alyslab.metrics.reporters import to_json, to_prometheus, to_scrap
from alyslab.metrics.resources import ResourceSample, ResourceSampler
from alyslab.metrics.row import MetricError, MetricRow

__all__ = [
    "Counter",
    "Gauge",
    "Histogram",
    "MetricError",
    "MetricRow",
    "MetricsCollector",
    "ResourceSample",
    "ResourceSampler",
    "to_json",
    "to_prometheus",
    "to_scrap",
]
