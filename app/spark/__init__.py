"""Files scored and validated on Apache Spark: the same reader, checks and model package, on many machines."""
