"""The demonstration: real requests of made-up people, carried out on the embedded stack from intake to close."""

from workers.demo.result import DemoResult, RequestResult
from workers.demo.run import run_demo

__all__ = ["DemoResult", "RequestResult", "run_demo"]
