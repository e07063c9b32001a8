"""What PyTorch takes for the same work, one JSON line a figure, to stand beside Lockstep's own.

    pytorch.py step WORKLOAD PROCESSES SECONDS    training: DistributedDataParallel over gloo, one thread a process
    pytorch.py allreduce PROCESSES BYTES,...      gloo's sum of gradients
    pytorch.py first-step WORKLOAD PROCESSES      nothing but one step, for whoever times the whole command

A workload is mlp:WIDTHS/BATCH/OPTIMIZER, such as mlp:784-64-10/64/sgd; the global batch is shared by the processes.
"""
import json
import os
import socket
import statistics
import sys
import time

import torch
import torch.distributed as distributed
from torch import nn


def peak_bytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM:"))


def say(**figures):
    print(json.dumps({"peer": "torch " + torch.__version__, **figures}), flush=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Job:
    """A model with random samples in memory and a step of training."""

    def __init__(self, workload, processes):
        model, batch, optimizer = workload.split("/")
        widths = [int(width) for width in model.removeprefix("mlp:").split("-")]
        torch.manual_seed(0)
        layers = []
        for inputs, outputs in zip(widths, widths[1:]):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        self.model = nn.Sequential(*layers[:-1])
        if processes > 1:
            self.model = nn.parallel.DistributedDataParallel(self.model)
        rules = {"adam": lambda p: torch.optim.Adam(p, 1e-3), "sgd": lambda p: torch.optim.SGD(p, 1e-3)}
        self.optimizer = rules[optimizer](self.model.parameters())
        self.batch = int(batch)
        share = self.batch // processes
        self.inputs = torch.randn(share, widths[0])
        self.targets = torch.randint(0, widths[-1], (share,))
        self.loss = nn.CrossEntropyLoss()

    def step(self):
        self.optimizer.zero_grad()
        self.loss(self.model(self.inputs), self.targets).backward()
        self.optimizer.step()


def train(rank, processes, port, workload, seconds):
    join(rank, processes, port)
    job = Job(workload, processes)
    for _ in range(10):
        job.step()
    # All take as many steps as the first one finds room for.
    begin = time.perf_counter()
    for _ in range(10):
        job.step()
    count = torch.tensor([max(10, int(10 * seconds / (time.perf_counter() - begin)))])
    if processes > 1:
        distributed.broadcast(count, 0)
        distributed.barrier()
    begin = time.perf_counter()
    for _ in range(int(count)):
        job.step()
    if processes > 1:
        distributed.barrier()
    taken = time.perf_counter() - begin
    if rank == 0:
        say(event="step", workload=workload, workers=processes, steps=int(count), steps_per_s=int(count) / taken,
            samples_per_s=int(count) * job.batch / taken, peak_bytes=peak_bytes())
    leave(processes)


def first_step(rank, processes, port, workload):
    join(rank, processes, port)
    Job(workload, processes).step()
    if rank == 0:
        say(event="first-step", workload=workload, workers=processes, first_step_at=time.time())
    leave(processes)


def allreduce(rank, processes, port, sizes):
    join(rank, processes, port)
    for size in sizes:
        gradient = torch.ones(size // 4)
        times = []
        for repetition in range(3 + max(5, min(200, (64 << 20) // size))):
            gradient.fill_(1)
            distributed.barrier()
            begin = time.perf_counter()
            distributed.all_reduce(gradient)
            times.append(time.perf_counter() - begin)
        median = statistics.median(times[3:])
        if rank == 0:
            say(event="allreduce", n=processes, bytes=size, median_s=median,
                busbw_GBps=2 * (processes - 1) / processes * size / median / 1e9)
    leave(processes)


def join(rank, processes, port):
    torch.set_num_threads(1)
    if processes > 1:
        distributed.init_process_group(
            "gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=processes)


def leave(processes):
    if processes > 1:
        distributed.destroy_process_group()


def main():
    command, *arguments = sys.argv[1:]
    if command == "step":
        task, processes, rest = train, int(arguments[1]), (arguments[0], float(arguments[2]))
    elif command == "first-step":
        task, processes, rest = first_step, int(arguments[1]), (arguments[0],)
    elif command == "allreduce":
        task, processes, rest = allreduce, int(arguments[0]), ([int(size) for size in arguments[1].split(",")],)
    else:
        sys.exit(__doc__)
    if processes == 1:
        return task(0, 1, 0, *rest)
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.multiprocessing.spawn(task, args=(processes, free_port(), *rest), nprocs=processes)


if __name__ == "__main__":
    main()
