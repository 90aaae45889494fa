"""What drivers load when they are first used, loaded once for all workers of a forge."""

from provisioning.drivers.git import folder, remote, repository  # noqa: F401
from provisioning.drivers.s3 import areas, grants  # noqa: F401
from provisioning.drivers.s3.session import Storage
from tests.chaos import bugs, far_bugs

Storage("https://storage.invalid", "eu-central-1", "key", "secret").client()  # keeps its model
bugs.WORKER |= far_bugs.FAR
