"""Reads runs' event files by TensorBoard's own reader, and compares all with the runs' files.

    read_back.py RUN...

Every number of metrics.jsonl must be there once, at its step; every file of samples/ byte for byte;
every option of config.yaml as a hyperparameter.
"""

import json
import logging
import pathlib
import struct
import sys

from google.protobuf import json_format
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.plugins.hparams import plugin_data_pb2

logging.disable(logging.WARNING)  # it warns of the record that was cut short


def check(condition, *what):
    if not condition:
        sys.exit("read_back: " + " ".join(map(str, what)))


def single(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def groups(line):
    """The tags of a line of metrics, and their numbers."""
    group = "validation" if any(key.startswith("validation_") for key in line) else "training"
    for key, value in line.items():
        if key not in ("iteration", "seconds") and value is not None:
            yield f"{group}/{key.removeprefix(group + '_')}", value


def scalars(run, events):
    expected = {}
    for text in (run / "metrics.jsonl").read_text().splitlines():
        line = json.loads(text)
        for tag, value in groups(line):
            expected.setdefault(tag, []).append((line["iteration"], single(value)))
    check(set(events.Tags()["scalars"]) == set(expected), run, "tags", events.Tags()["scalars"])
    for tag, pairs in expected.items():
        found = [(event.step, event.value) for event in events.Scalars(tag)]
        check(found == pairs, run, tag, found, "is not", pairs)
    return sum(map(len, expected.values()))


def samples(run, events):
    images = {event.step: event for event in events.Images("samples")}
    sounds = {
        (event.step, int(tag.split("/")[1])): event
        for tag in events.Tags()["audio"]
        for event in events.Audio(tag)
    }
    files = {file.stem: file for file in (run / "samples").iterdir() if file.suffix != ".csv"}
    for stem, file in files.items():
        data = file.read_bytes()
        if file.suffix == ".png":
            image = images.pop(int(stem))
            check(image.encoded_image_string == data, run, file, "is another image")
            size = struct.unpack(">II", data[16:24])
            check((image.width, image.height) == size, run, file, image.width, image.height)
        else:
            sound = sounds.pop(tuple(map(int, stem.split("-"))))
            check(sound.encoded_audio_string == data, run, file, "is another sound")
            channels, rate = struct.unpack("<HI", data[22:28])
            seconds = sound.length_frames / rate
            check((sound.sample_rate, sound.content_type) == (rate, "audio/wav"), run, file, rate)
            check(sound.length_frames * 2 * channels <= len(data), run, file, seconds)
    # a fork's directory has none from before, and its events do
    first = min(int(stem.split("-")[0]) for stem in files)
    more = [step for step in [*images, *(step for step, _ in sounds)] if step >= first]
    check(not more, run, "more than its samples, at", more)
    return len(files)


def hyperparameters(run, events):
    content = events.summary_metadata["_hparams_/session_start_info"].plugin_data.content
    data = plugin_data_pb2.HParamsPluginData.FromString(content)
    found = json_format.MessageToDict(data.session_start_info)
    check(data.version == 0 and found["startTimeSecs"] > 1e9, run, "its beginning", found)
    lines = (run / "config.yaml").read_text().splitlines()
    for line in lines:
        key, words = line.split(": ", 1)
        if key in ("iterations", "minutes"):
            continue  # the end is another for each time that the run was gone on with
        value = found["hparams"][key]
        text = str(value).lower() if isinstance(value, bool) else value
        words = words.strip('"')
        check(text == words or float(text) == float(words), run, line, "is", value)
    ended = events.summary_metadata["_hparams_/session_end_info"].plugin_data.content
    end = plugin_data_pb2.HParamsPluginData.FromString(ended).session_end_info
    check(end.status == 1 and end.end_time_secs > 1e9, run, "its end", end)
    return len(lines)


def main():
    for run in map(pathlib.Path, sys.argv[1:]):
        everything = dict.fromkeys(event_accumulator.DEFAULT_SIZE_GUIDANCE, 0)
        events = event_accumulator.EventAccumulator(str(run), everything)
        events.Reload()
        check(events.file_version == 2, run, "version", events.file_version)
        print(
            f"{run.name}: {len(list(run.glob('events.out.tfevents.*')))} event files,",
            f"{scalars(run, events)} numbers, {samples(run, events)} samples,",
            f"{hyperparameters(run, events)} options",
        )


main()
