"""Real S3 servers under the tests' control, and a proxy that puts faults in front of them."""
