"""The `cabinwatch` command. Knows arguments, exit codes and how to say an error in one line.

Heavy modules are imported by the command that needs them: `version` and `--help` answer at once.
"""

from __future__ import annotations

import argparse
import math
import signal
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Commands = Any  # argparse does not publish the type of what add_subparsers returns
DEMO_OUT = Path("build/demo")
LANGUAGES = ("en", "de", "id")

BAD_INPUT = 1  # this input, this output or this run; another one may do
INTERRUPTED, TERMINATED = 128 + signal.SIGINT, 128 + signal.SIGTERM  # as a shell reports them
BROKEN_SET_UP = 2  # usage, config or model files: no repetition mends it (the unit does not restart on it)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.command(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cabinwatch",
        description="In-cabin driver monitoring: a camera in, a lamp on a microcontroller out.",
        epilog="Exit codes: 0 done, 1 bad input or output, 2 usage, broken config or broken model files.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands)
    _add_demo(commands)
    _add_observe(commands)
    _add_replay(commands)
    _add_verify(commands)
    _add_doctor(commands)
    _add_aim(commands)
    _add_events(commands)
    _add_link(commands)
    version = commands.add_parser("version", help="print the versions of package, models, runtime and protocol")
    version.set_defaults(command=_version)
    return parser


def _add_run(commands: Commands) -> None:
    run = commands.add_parser("run", help="run the service")
    run.add_argument(
        "--config", type=Path, required=True, metavar="FILE", help="YAML; configs/default.yaml shows the keys"
    )
    run.set_defaults(command=_run)


def _add_demo(commands: Commands) -> None:
    demo = commands.add_parser("demo", help="play a clip through the whole chain to a simulated microcontroller")
    demo.add_argument("--clip", type=Path, metavar="FILE", help="a video of a driver (default: the demo's own drive)")
    demo.add_argument(
        "--out", type=Path, default=DEMO_OUT, metavar="DIR", help="for the timeline picture (%(default)s)"
    )
    demo.add_argument("--no-view", action="store_true", help="one plain line a second instead of the live view")
    demo.set_defaults(command=_demo)


def _add_observe(commands: Commands) -> None:
    observe = commands.add_parser("observe", help="write what vision measures as JSON lines, one a frame")
    observe.add_argument("source", metavar="SOURCE", help="video file, picture, folder of pictures, or camera")
    observe.add_argument("--stills", action="store_true", help="pictures have nothing to do with each other: no track")
    observe.add_argument("--affect", action="store_true", help="also measure expression, valence and arousal")
    observe.add_argument("--out", required=True, metavar="FILE", help="JSON lines; - is stdout")
    observe.set_defaults(command=_observe)


def _add_replay(commands: Commands) -> None:
    replay = commands.add_parser("replay", help="judge observation logs and print every change of alert")
    replay.add_argument("logs", nargs="+", metavar="LOG", help="what observe wrote; - is stdin; each is its own trip")
    _add_rules(replay)
    _add_config(replay)
    replay.add_argument("--speed", type=_speed, metavar="KMH", help="where a log says none; default: unknown, moving")
    replay.add_argument("--json", action="store_true", help="one JSON object a line")
    replay.add_argument("--ledger", action="store_true", help="at the end: alerts per driven hour, by cause")
    replay.add_argument("--language", choices=LANGUAGES, default="en", help="of the sentences (%(default)s)")
    replay.set_defaults(command=_replay)


def _add_verify(commands: Commands) -> None:
    verify = commands.add_parser("verify", help="clause report: play the scenarios of rule sets and check every clause")
    _add_rules(verify)
    verify.add_argument("--log", metavar="OBS", help="judge this observation log in the place of the scenarios")
    _add_config(verify)
    verify.add_argument("--html", type=Path, metavar="FILE", help="also write a report with a timeline for each drive")
    verify.set_defaults(command=_verify)


def _add_doctor(commands: Commands) -> None:
    doctor = commands.add_parser("doctor", help="check camera, networks, serial port and machine; exit code 1: a fail")
    _add_own_config(doctor)
    doctor.add_argument("--json", action="store_true", help="one JSON object (docs/doctor.md)")
    doctor.set_defaults(command=_doctor)


def _add_aim(commands: Commands) -> None:
    aim = commands.add_parser("aim", help="for the installer: where the face sits, and how the camera is mounted")
    source = aim.add_mutually_exclusive_group()
    _add_own_config(source)
    source.add_argument("--demo", action="store_true", help="the demo's own drive in the place of a camera")
    aim.add_argument("--page", action="store_true", help="on a page of this machine only, in the place of the terminal")
    aim.add_argument("--write", action="store_true", help="put angles and driver's side into the config file")
    aim.set_defaults(command=_aim)


def _add_own_config(command: argparse._ActionsContainer) -> None:
    command.add_argument("--config", type=Path, metavar="FILE", help="default: /etc/cabinwatch/cabinwatch.yaml")


def _add_events(commands: Commands) -> None:
    events = commands.add_parser("events", help="list, export or delete what the service has stored")
    events.add_argument("action", nargs="?", choices=["list", "delete"], default="list", help="(%(default)s)")
    events.add_argument("--store", type=Path, metavar="FILE", help="events.db (default: the service's own)")
    events.add_argument("--since", metavar="WHEN", help="30m, 12h or 7d ago, or a date: 2026-11-22")
    events.add_argument("--export", choices=["csv", "json"], help="for programs, on stdout")
    events.add_argument("--all", action="store_true", help="with delete: every event, which cannot be undone")
    events.set_defaults(command=_events)


def _add_link(commands: Commands) -> None:
    link = commands.add_parser(
        "link",
        help="live diagnosis of the wire to the microcontroller, and a test of its outputs",
        description="Exit codes: 0 all is well, 1 it is not, 2 usage or broken config. docs/link.md says what to do.",
    )
    _add_own_config(link)
    link.add_argument("--port", metavar="PATH", help="serial port (default: the config's, else /dev/cabinwatch-mcu)")
    link.add_argument("--baud", type=int, metavar="N", help="bits a second (default: the config's, else 115200)")
    link.add_argument("--seconds", type=_seconds, metavar="N", help="end after so long (default: at Ctrl-C)")
    link.add_argument("--json", action="store_true", help="one JSON object a second, or for each step of the test")
    link.add_argument("--test", action="store_true", help="try every output, while the vehicle stands")
    link.add_argument("--button", action="store_true", help="with --test: also ask for the acknowledge button")
    link.set_defaults(command=_link)


def _add_rules(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--rules", type=_names, metavar="R[,R…]", help="rule sets, by name or file; default: the config's, or house"
    )


def _add_config(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--config", type=Path, metavar="FILE", help="the service's, for a log: mounting of the camera, settings, rules"
    )


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise argparse.ArgumentTypeError(f"{text!r}: a name is missing between the commas")
    return names


def _speed(text: str) -> float:
    try:
        speed_kmh = float(text)
    except ValueError:
        speed_kmh = math.nan
    if not 0.0 <= speed_kmh < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r}: must be a number from 0, in km/h")
    return speed_kmh


def _seconds(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number from 1, in seconds")
    return int(text)


def _run(arguments: argparse.Namespace) -> int:
    from cabinwatch import service  # noqa: PLC0415  # heavy
    from cabinwatch.config import ConfigError  # noqa: PLC0415  # heavy
    from vision.camera import CameraError  # noqa: PLC0415  # heavy
    from vision.model import ModelError  # noqa: PLC0415  # heavy

    try:
        service.run(arguments.config)
    except (ConfigError, CameraError, ModelError) as error:
        return _fail(error, BROKEN_SET_UP)
    return 0


def _observe(arguments: argparse.Namespace) -> int:
    from cabinwatch.observe import OutputError, observe  # noqa: PLC0415  # heavy
    from vision.camera import CameraError  # noqa: PLC0415  # heavy
    from vision.model import ModelError  # noqa: PLC0415  # heavy

    source = arguments.source
    try:
        tally = observe(source, arguments.out, stills=arguments.stills, affect=arguments.affect, talk=sys.stderr)
    except (CameraError, OutputError) as error:
        return _fail(error, BAD_INPUT)
    except ModelError as error:
        return _fail(error, BROKEN_SET_UP)
    sys.stderr.write(f"{source}: {tally}\n")
    # A damaged picture among many is data; a damaged single file, or nothing at all, is a failure.
    failed = tally.frames == 0 or (tally.damage is not None and Path(source).is_file())
    return BAD_INPUT if failed else 0


def _demo(arguments: argparse.Namespace) -> int:
    if find_spec("rich") is None:
        return _fail("the demo shows with rich, which is not installed: pip install 'cabinwatch[demo]'", BROKEN_SET_UP)
    from cabinwatch.demo import OWN_DRIVE, DemoError, demo  # noqa: PLC0415  # heavy
    from vision.camera import CameraError  # noqa: PLC0415  # heavy
    from vision.model import ModelError  # noqa: PLC0415  # heavy

    # Leave through the context managers: the simulated microcontroller is a process of its own.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        return demo(arguments.clip or OWN_DRIVE, arguments.out, view=sys.stdout.isatty() and not arguments.no_view)
    except (CameraError, DemoError) as error:
        return _fail(error, BAD_INPUT)
    except ModelError as error:
        return _fail(error, BROKEN_SET_UP)


def _replay(arguments: argparse.Namespace) -> int:
    from cabinwatch.config import Config, ConfigError, load  # noqa: PLC0415  # heavy
    from cabinwatch.replay_logs import LogError  # noqa: PLC0415  # heavy
    from cabinwatch.replay_print import Style, replay  # noqa: PLC0415  # heavy

    style = Style(arguments.json, arguments.ledger, arguments.language)
    try:
        config = load(arguments.config) if arguments.config else Config()
        rules, settings = arguments.rules or config.rules, config.judgement()
        replay(arguments.logs, rules, _say, style, settings=settings, speed_kmh=arguments.speed)
    except (ConfigError, LogError) as error:
        return _fail(error, BROKEN_SET_UP)
    except _SilencedError as error:
        return _fail(error, BAD_INPUT)
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    from cabinwatch.config import Config, ConfigError, load  # noqa: PLC0415  # heavy
    from cabinwatch.replay_logs import LogError  # noqa: PLC0415  # heavy
    from cabinwatch.verify_command import ReportError, verify_and_tell  # noqa: PLC0415  # heavy

    if arguments.config and not arguments.log:
        return _fail("--config needs --log: the scenarios have a camera of their own", BROKEN_SET_UP)
    try:
        config = load(arguments.config) if arguments.config else Config()
        rules, settings = arguments.rules or config.rules, config.judgement()
        passed = verify_and_tell(rules, _say, log=arguments.log, settings=settings, html=arguments.html)
    except (ConfigError, LogError) as error:
        return _fail(error, BROKEN_SET_UP)
    except (ReportError, _SilencedError) as error:
        return _fail(error, BAD_INPUT)
    return 0 if passed else BAD_INPUT


def _doctor(arguments: argparse.Namespace) -> int:
    from cabinwatch.doctor.command import doctor  # noqa: PLC0415  # heavy

    try:
        healthy = doctor(arguments.config, _say, as_json=arguments.json)
    except _SilencedError as error:
        return _fail(error, BAD_INPUT)
    return 0 if healthy else BAD_INPUT


def _aim(arguments: argparse.Namespace) -> int:
    from cabinwatch.aim.command import AimError, Wanted, aim  # noqa: PLC0415  # heavy
    from cabinwatch.config import ConfigError  # noqa: PLC0415  # heavy
    from vision.camera import CameraError  # noqa: PLC0415  # heavy
    from vision.model import ModelError  # noqa: PLC0415  # heavy

    wanted = Wanted(arguments.config, demo=arguments.demo, page=arguments.page, write=arguments.write)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # so that the picture leaves the terminal
    try:
        measured = aim(wanted, _say)
    except (AimError, _SilencedError) as error:
        return _fail(error, BAD_INPUT)
    except (ConfigError, CameraError, ModelError) as error:
        return _fail(error, BROKEN_SET_UP)
    return 0 if measured else BAD_INPUT


def _events(arguments: argparse.Namespace) -> int:
    from cabinwatch import events_command as command  # noqa: PLC0415  # reads msgspec's and SQLite's modules
    from cabinwatch.store.opening import StoreError  # noqa: PLC0415  # as above

    path = arguments.store or command.default_store()
    try:
        if arguments.action == "delete":
            if not arguments.all or arguments.since or arguments.export:
                return _fail("events delete: takes --all and nothing else but --store", BROKEN_SET_UP)
            command.delete_all(path, _say)
        else:
            since = command.since_ms(arguments.since) if arguments.since else 0
            command.show(path, _say, since=since, form=arguments.export or "table")
    except command.SinceError as error:
        return _fail(f"--since {error}", BROKEN_SET_UP)
    except (StoreError, _SilencedError) as error:
        return _fail(error, BAD_INPUT)
    return 0


def _link(arguments: argparse.Namespace) -> int:
    from cabinwatch.config import ConfigError  # noqa: PLC0415  # heavy
    from cabinwatch.link_command import choose_view, link_settings, watch  # noqa: PLC0415  # heavy
    from cabinwatch.link_selftest import RefusedError, self_test, teller  # noqa: PLC0415  # heavy

    if arguments.button and not arguments.test:
        return _fail("--button is a part of --test", BROKEN_SET_UP)
    if arguments.seconds and arguments.test:
        return _fail("--seconds is not for --test, which ends by itself", BROKEN_SET_UP)
    try:
        settings = link_settings(arguments.config, arguments.port, arguments.baud)
    except ConfigError as error:
        return _fail(error, BROKEN_SET_UP)
    # Leave through the context managers: the microcontroller is told goodbye.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        if arguments.test:
            well = self_test(settings, teller(_say, json=arguments.json), button=arguments.button)
        else:
            well = watch(settings, choose_view(settings.port, _say, json=arguments.json), seconds=arguments.seconds)
    except (RefusedError, _SilencedError) as error:
        return _fail(error, BAD_INPUT)
    return 0 if well else BAD_INPUT


class _SilencedError(Exception):
    """Nobody can be told any more: stdout is closed, its reader has gone, or the disk is full."""


def _say(text: str) -> None:
    """Flushed at once: whoever pipes a log in as it grows reads each change as it comes."""
    if sys.stdout is None:
        raise _SilencedError("stdout is closed")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        sys.stdout = None  # what is left in its buffer has nowhere to go at exit either
        raise _SilencedError(f"stdout: cannot be written: {error.strerror}") from error


def _version(_arguments: argparse.Namespace) -> int:
    from cabinwatch.versions import lines  # noqa: PLC0415  # reads the models' description

    try:
        _say("".join(f"{line}\n" for line in lines()))
    except _SilencedError as error:
        return _fail(error, BAD_INPUT)
    return 0


def _fail(error: Exception | str, status: int) -> int:
    sys.stderr.write(f"cabinwatch: {error}\n")
    return status
