"""Test time: runs the real handler against a synthesized template, in virtual time.

A template (JSON) and the handlers are all it needs; it imports neither aws-cdk-lib nor boto3.
"""
