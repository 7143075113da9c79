"""What the machine needs before a stack can start: a Docker daemon, the compose plugin, the images of others.

Everything that is missing is made as far as this machine allows; Skip says why it does not.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOGS = ROOT / "build" / "logs"
CACHE = pathlib.Path(os.environ.get("MUSTER_CACHE", ROOT / ".cache")) / "compose"
BASE_IMAGE = "debian:trixie-slim"
# An image that was made here and stands for one that could not be pulled. --clean removes these.
STAND_IN = "muster.stand-in=1"

# Ways to start dockerd, the best first; not every kernel has overlayfs on this disk, or packet filters.
DAEMON_VARIANTS = ([], ["--storage-driver=vfs"], ["--iptables=false"], ["--iptables=false", "--storage-driver=vfs"])


class Skip(Exception):
    """Docker cannot run here; the message is the reason."""


def say(text):
    print(f"compose-test: {text}", flush=True)


def run(argv, timeout=120, check=True, **options):
    """Runs a command with its output captured. Raises CalledProcessError with the output in its text."""
    try:
        done = subprocess.run(argv, timeout=timeout, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              **options)
    except subprocess.TimeoutExpired as late:
        raise RuntimeError(f"{' '.join(map(str, argv))}: not done within {timeout} s") from late
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, argv))}: status {done.returncode}\n"
                           f"{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done


def shell(script, timeout=600, check=True):
    """Runs bash with the functions of scripts/ loaded, as ./dev has them."""
    head = f'root="{ROOT}"; . "$root/scripts/common.sh"; . "$root/scripts/packages.sh"; . "$root/scripts/nats.sh"\n'
    return run(["bash", "-c", head + script], timeout=timeout, check=check)


class Machine:
    """Use as a context: at the end the daemon is stopped if it was started here."""

    def __init__(self):
        self._daemon = None
        self.build_network = "default"

    def __enter__(self):
        try:
            self._ensure_docker()
        except BaseException:
            self._stop_daemon()
            raise
        return self

    def __exit__(self, *_):
        self._stop_daemon()

    # Docker ---------------------------------------------------------------------------------------------------------

    @staticmethod
    def _answers():
        return shutil.which("docker") and run(["docker", "info"], timeout=30, check=False).returncode == 0

    @staticmethod
    def _runs_containers():
        return run(["docker", "run", "--rm", BASE_IMAGE, "true"], timeout=60, check=False)

    def _ensure_docker(self):
        if self._answers():
            say("the Docker daemon runs already")
            self._ensure_base_image()
            done = self._runs_containers()
            if done.returncode != 0:
                raise Skip(f"the Docker daemon starts no container: {done.stderr.strip()[-300:]}")
            return
        if os.geteuid() != 0:
            raise Skip("no Docker daemon answers, and only root can start one")
        if not shutil.which("dockerd") or not shutil.which("docker"):
            say("installing Debian's docker.io")
            if not shutil.which("apt-get"):
                raise Skip("Docker is not installed and this is not Debian")
            done = shell("apt_get update && apt_get install --no-install-recommends docker.io iptables", check=False)
            if done.returncode != 0:
                raise Skip(f"docker.io cannot be installed: {done.stderr.strip()[-300:]}")
        reason = ""
        for options in DAEMON_VARIANTS:
            reason = self._start_daemon(options)
            if not reason:
                self.build_network = "host" if "--iptables=false" in options else "default"
                say(f"started dockerd{' ' if options else ''}{' '.join(options)}")
                return
            self._stop_daemon()
        raise Skip(f"dockerd does not run here: {reason}")

    def _start_daemon(self, options):
        """Empty when it runs and starts a container, otherwise why not."""
        LOGS.mkdir(parents=True, exist_ok=True)
        log = LOGS / "dockerd.log"
        with open(log, "wb") as out:
            self._daemon = subprocess.Popen(["dockerd", *options], stdout=out, stderr=subprocess.STDOUT,
                                            start_new_session=True)
        limit = time.monotonic() + 60
        while not self._answers():
            if self._daemon.poll() is not None or time.monotonic() > limit:
                lines = log.read_text(errors="replace").strip().splitlines()
                return lines[-1][-300:] if lines else "it said nothing"
            time.sleep(0.5)
        self._ensure_base_image()
        return self._runs_containers().stderr.strip()[-300:]

    def _stop_daemon(self):
        if self._daemon and self._daemon.poll() is None:
            self._daemon.terminate()
            try:
                self._daemon.wait(60)
            except subprocess.TimeoutExpired:
                self._daemon.kill()
                self._daemon.wait()
        self._daemon = None

    # The compose plugin ---------------------------------------------------------------------------------------------

    @staticmethod
    def compose():
        """The command of Compose 2: the installed one, or that of Debian 13's package, unpacked into the cache."""
        for argv in (["docker", "compose"], ["docker-compose"]):
            if shutil.which(argv[0]):
                done = run([*argv, "version", "--short"], timeout=30, check=False)
                if done.returncode == 0 and done.stdout.strip().lstrip("v").startswith(("2.", "3.", "4.", "5.")):
                    return argv
        target = CACHE / "docker-compose"
        plugin = target / "usr/libexec/docker/cli-plugins/docker-compose"
        if not plugin.exists():
            say("fetching docker compose from Debian 13 (one package, unpacked, not installed)")
            done = shell(f'unpack_package trixie docker-compose "{target}"', check=False)
            if done.returncode != 0 or not plugin.exists():
                raise Skip(f"docker compose cannot be fetched: {done.stderr.strip()[-300:]}")
        return [str(plugin)]

    # Images ---------------------------------------------------------------------------------------------------------

    @staticmethod
    def _have_or_pull(image):
        if run(["docker", "image", "inspect", image], check=False).returncode == 0:
            return True
        return run(["docker", "pull", "-q", image], timeout=300, check=False).returncode == 0

    def _ensure_base_image(self):
        if self._have_or_pull(BASE_IMAGE):
            return
        say(f"{BASE_IMAGE} cannot be pulled: making one with debootstrap")
        if os.geteuid() != 0:
            raise Skip(f"{BASE_IMAGE} cannot be pulled, and only root can make one")
        if not shutil.which("debootstrap"):
            shell("need_packages debootstrap debootstrap")
        with tempfile.TemporaryDirectory() as scratch:
            # The mirror and the settings of apt that this machine needs are needed inside as well.
            done = shell(f'''set -e
mirror="$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' |
  head -n 1)"
debootstrap --variant=minbase trixie {scratch}/root "${{mirror:-http://deb.debian.org/debian}}"
apt-config dump | grep -E '^Acquire::(http|https)::(Proxy|Timeout) |^Acquire::Check-(Valid-Until|Date) ' \
  > {scratch}/root/etc/apt/apt.conf.d/90machine || true
rm -rf {scratch}/root/var/cache/apt/archives/*.deb {scratch}/root/var/lib/apt/lists/* {scratch}/root/usr/share/doc/* \
  {scratch}/root/usr/share/man/* {scratch}/root/usr/share/locale/*
tar -C {scratch}/root -c . | docker import -c 'CMD ["bash"]' -c 'LABEL {STAND_IN}' - {BASE_IMAGE}''', check=False)
        if done.returncode != 0:
            raise Skip(f"{BASE_IMAGE} cannot be pulled or made: {(done.stderr or done.stdout).strip()[-300:]}")

    def ensure_foreign_images(self, nats_image, prometheus_image):
        """The images of NATS and Prometheus that compose.yaml names: pulled, or stand-ins under the same tags."""
        CACHE.mkdir(parents=True, exist_ok=True)
        nats, prometheus = self._have_or_pull(nats_image), self._have_or_pull(prometheus_image)
        if nats and prometheus:
            return
        with tempfile.TemporaryDirectory(dir=CACHE) as context:
            server = shell('find_nats "" >&2; printf %s "$NATS_SERVER"').stdout.strip()
            if not nats:
                say(f"for {nats_image}: {run([server, '--version']).stdout.strip()}")
            shutil.copy2(server, f"{context}/nats-server")
            for wanted, target, image in ((not nats, "nats", nats_image),
                                          (not prometheus, "prometheus", prometheus_image)):
                if wanted:
                    say(f"{image} cannot be pulled: making a stand-in on {BASE_IMAGE}")
                    run(["docker", "build", "-f", ROOT / "compose/fallback.Dockerfile", "--target", target, "-t", image,
                         "--label", STAND_IN, "--network", self.build_network, context], timeout=600,
                        env={**os.environ, "DOCKER_BUILDKIT": "0"})
