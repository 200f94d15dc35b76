"""The README's three steps, taken literally, by somebody who has a bucket and nothing else."""

import os
import pathlib
import re
import signal
import subprocess
import time

from gateway import ROOT, binary
from ports import free_port


def steps():
    """The commands of the section, block by block."""
    text = (ROOT / "README.md").read_text()
    section = text[text.index("## Landing into S3, in three steps"):]
    section = section[:section.index("\n## ", 1)]
    blocks = re.findall(r"```\n(.*?)```", section, re.DOTALL)
    return [[line.strip() for line in block.strip().splitlines()] for block in blocks], text


def test_the_readmes_three_steps(s3, folder):
    blocks, readme = steps()
    (export,), (check, serve), (verify,) = blocks
    (post,) = re.findall(r"^(curl -i http://127\.0\.0\.1:8080/.*?')$", readme, re.DOTALL | re.MULTILINE)
    bucket = re.search(r"SLUICE_S3_BUCKET=(\S+)", export)[1]
    s3.boto3.create_bucket(Bucket=bucket)
    (folder / "config").symlink_to(ROOT / "config")
    (folder / ".build" / "release").mkdir(parents=True)
    (folder / ".build" / "release" / "sluice").symlink_to(binary())
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SLUICE_"))}
    environment |= {
        "HOME": str(folder), "SLUICE_S3_ENDPOINT": s3.endpoint, "AWS_ACCESS_KEY_ID": s3.access_key,
        "AWS_SECRET_ACCESS_KEY": s3.secret_key, "SLUICE_LISTEN_PORT": str(port), "SLUICE_CONTROL_PORT": str(free_port())}

    def run(command):
        return subprocess.run(
            ["bash", "-ec", f"{export}\n{command}"], cwd=folder, env=environment, capture_output=True, text=True, timeout=60)

    checked = run(check)
    assert checked.returncode == 0 and f"zone main: s3://{bucket}" in checked.stdout, checked
    with open(folder / "log", "w") as log:
        process = subprocess.Popen(
            ["bash", "-ec", f"{export}\nexec {serve}"], cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 20
        while "202 Accepted" not in (posted := run(post.replace(":8080", f":{port}"))).stdout:
            assert time.monotonic() < deadline, (posted, (folder / "log").read_text())
            time.sleep(0.2)
        # Within ten seconds, as the README says, and some for a busy machine.
        deadline = time.monotonic() + 25
        while not any(key.startswith("audit_logs/") for key in s3.keys(bucket)):
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.2)
        verified = run(verify)
        assert verified.returncode == 0 and "complete" in verified.stdout.lower(), verified
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0, (folder / "log").read_text()
        assert run(verify).returncode == 0
    finally:
        process.kill()
    assert not list(pathlib.Path(folder).glob("var/landing*"))
