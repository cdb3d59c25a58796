"""What pyproject.toml can't say of the wheel: the scenarios, which stand beside the packages, are data of `parley` in it."""

from setuptools import find_namespace_packages, setup

NAMES = ("parley", "model", "sim", "faults", "properties", "reports")

setup(
    packages=[
        *find_namespace_packages(
            include=[pattern for name in NAMES for pattern in (name, f"{name}.*")], exclude=["*.__pycache__"]
        ),
        "parley.scenarios",
        "parley.scenarios.stories",
    ],
    package_dir={"parley.scenarios": "scenarios"},
)
