"""The servers and programs that rows start: each in a folder of its own, on a free port or a Unix socket, stopped by its process id."""
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import time

from .measure import Failed, Missing

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PARTITIONS = 8


def free_port():
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def need(program, package):
    """The path of a program, or what to install."""
    path = shutil.which(program)
    if not path:
        raise Missing(f"{program} is missing: scripts/setup --benchmarks installs {package}")
    return path


def wait_until(condition, seconds, what, process=None, pause=0.02):
    """Looks until the condition holds, with a pause between two looks. A process that ends meanwhile will not make it hold."""
    deadline = time.monotonic() + seconds
    while not condition():
        if process and process.poll() is not None:
            raise Failed(f"{what}: the process ended with {process.returncode}")
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(pause)


def _die_with_parent():
    """In the child: the kernel kills it when this program is gone, whatever ended it."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def start(command, log, **options):
    """A process that a Ctrl-C in the terminal does not reach: the suite stops it in its turn."""
    with open(log, "ab") as output:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, preexec_fn=_die_with_parent, **options)


def stop(process, ask=signal.SIGTERM, seconds=30):
    """Asks, waits, kills."""
    if process.poll() is None:
        process.send_signal(ask)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run(command, seconds=600, **options):
    """Runs a command to its end; its standard output. Where it fails, the end of what it said is the reason."""
    # Killed as a whole where it takes too long or the suite is stopped: compilers and shells have children.
    with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
            preexec_fn=_die_with_parent, **{"cwd": ROOT, **options}) as process:
        try:
            output, errors = process.communicate(timeout=seconds)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                raise Failed(f"{command[0]}: not done after {seconds} s") from None
            raise
    if process.returncode:
        said = (errors or output).strip().splitlines()[-5:]
        raise Failed(f"{os.path.basename(command[0])} ended with {process.returncode}: " + " / ".join(said))
    return output


def run_all(commands, folder, seconds):
    """Runs commands beside each other; what each said, errors included."""
    logs = [os.path.join(folder, f"run-{index}.log") for index in range(len(commands))]
    processes = [start(command, log) for command, log in zip(commands, logs)]
    try:
        deadline = time.monotonic() + seconds
        for process in processes:
            process.wait(max(1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise Failed(f"{commands[0][0]}: not done after {seconds} s") from None
    finally:
        for process in processes:
            stop(process, signal.SIGKILL)
    said = []
    for log in logs:
        with open(log, encoding="utf-8", errors="replace") as file:
            said.append(file.read())
    return said


class Broker:
    """One node of the Apache Kafka that KAFKA_HOME names."""

    def __init__(self, folder):
        if not os.environ.get("KAFKA_HOME"):
            raise Missing("KAFKA_HOME names no Apache Kafka distribution (3.5 or later)")
        need("kcat", "kcat")
        self.folder = folder
        # The owner: a broker does not outlive the suite, however that ends.
        said = run(["scripts/kafka", "start", "--dir", folder, "--owner", str(os.getpid())], 300)
        facts = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
        self.bootstrap, self.version, self.pids = facts["bootstrap"], facts["version"], facts["pids"].split(",")

    def sample(self, topic, path):
        """Writes the last values of a topic, one a line, into a file; their mean size."""
        run(["sh", "-c", f"exec kcat -b {self.bootstrap} -C -t {topic} -o -2000 -e -q -f '%s\\n' > '{path}'"], 60)
        with open(path, "rb") as file:
            sizes = [len(line) - 1 for line in file]
        return sum(sizes) // len(sizes)

    def stop(self):
        """Stops it; the folder goes with the suite's."""
        run(["scripts/kafka", "kill", "--dir", self.folder], 60)

    def ends(self, topic):
        """The end offset of each partition."""
        wanted = [argument for partition in range(PARTITIONS) for argument in ("-t", f"{topic}:{partition}:-1")]
        offsets = {}
        # A topic that was made a moment ago may have no leader yet.
        for attempt in range(20):
            try:
                said = run(["kcat", "-b", self.bootstrap, "-Q", *wanted], 60)
                break
            except Failed:
                if attempt == 19:
                    raise
                time.sleep(0.25)
        for line in said.splitlines():
            _, partition, _, offset = line.split()
            offsets[int(partition.strip("[]"))] = int(offset)
        return [offsets[partition] for partition in range(PARTITIONS)]

    def mean_size(self, topic):
        """The mean size of the last values of a topic, in bytes. Tombstones do not count."""
        sizes = run(["kcat", "-b", self.bootstrap, "-C", "-t", topic, "-o", "-2000", "-e", "-q", "-f", "%S\n"], 60).split()
        sizes = [int(size) for size in sizes if int(size) > 0]
        return max(1, sum(sizes) // len(sizes)) if sizes else 1


class Redis:
    """A redis-server on a Unix socket that saves nothing."""

    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.socket = os.path.join(folder, "redis.sock")
        self.address = f"unix://{self.socket}"
        command = [need("redis-server", "redis-server"), "--port", "0", "--unixsocket", self.socket, "--save", "", "--dir", folder]
        self.process = start(command, os.path.join(folder, "redis.log"))
        wait_until(lambda: os.path.exists(self.socket), 10, "redis-server", self.process)

    def command(self, *words):
        """What redis-cli says."""
        return run([need("redis-cli", "redis-tools"), "-s", self.socket, *words], 60).strip()

    def stop(self):
        """Stops it."""
        stop(self.process, seconds=10)
