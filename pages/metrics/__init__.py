"""What a monitoring system reads: the records counted, in the text form of Prometheus.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""
