"""What has to be set before `aws_cdk` is imported for the first time."""

import os

from tools.node import node_executable

# The template validator costs seconds a process to start; the tests that want it run it in a process of its own.
os.environ.setdefault("CDK_VALIDATION", "false")
os.environ.setdefault("JSII_NODE", str(node_executable()))
