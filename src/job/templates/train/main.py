def run(job, options, placement, out):
    """Trains; returns the exit status. `out` is None but on the first process."""
    sys.path.insert(0, str(HERE))
    import model

    lanes = lanes_of(model.Network())
    apart = asks_for_lanes(options, placement, lanes)
    if out:
        apart = begin_or_continue(job, options, out, lanes, apart)
    apart, options.resume = placement.tell(apart), placement.tell(options.resume)
    if options.compile:
        set_up_compile(len(job.manifest["subnetworks"]))
    torch.manual_seed(job.manifest["training"]["seed"])
    if out:
        placement.say_threads()
    try:
        with Signals() as signals:
            if apart:
                trainer = Lanes(job, lanes, options, placement, out)
                trainer.run(model.Network, signals)
            else:
                network = placement.place(model.load(HERE / "weights.safetensors"))
                trainer = Trainer(job, network, options, placement)
                trainer.run(out, signals)
    except Stopped as stopped:
        if placement.first:
            warn(stopped)
        return stopped.status
    except (MemoryError, RuntimeError) as error:
        line = explain(error, placement.device)
        if line is None:
            raise
        sys.exit(line)
    if out:
        say(trainer.last_words(out.path / "trained.safetensors"))
    return 0


def asks_for_lanes(options, placement, lanes):
    """Whether sub-networks train apart: what is linked has to stay together."""
    if len(lanes) == 1:
        return False
    if options.parallel:
        return options.parallel == "subnetworks"
    return options.one_at_a_time or placement.processes == len(lanes)


def begin_or_continue(job, options, out, lanes, apart):
    """Whether sub-networks train apart, now that it is known how they began; sets whether they go on."""
    folder = out.path / Lanes.FOLDER
    began_apart = folder.exists()
    if not options.resume and any(folder.glob("*/checkpoint*.safetensors")):
        sys.exit(f"{out.path}: holds a run of this job: --resume continues it; choose another --out to train anew")
    if began_apart and options.parallel == "rows":
        sys.exit(f"{out.path}: its sub-networks trained apart, and go on so: leave --parallel rows out")
    if not began_apart:
        options.resume = Checkpoint(options.out, job).may_resume(out, options.resume)
        if apart and options.resume:
            Division(job, lanes, out).run()
    return apart or began_apart


def explain(error, device):
    """One line for what a user can mend; None for what is a fault of ours."""
    text = one_line(error)
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "allocate memory" in text:
        return f"{device}: its memory is too small for this job ({text.split('. ')[0]})"
    if "deterministic" in text:
        return f"{device}: {text.split('. ')[0]}; --fast trains without this check, up to rounding"
    return None


def main():
    options = parse_arguments()
    placement = Placement(options.device, options.compile)
    set_up_kernels(options.fast)
    job = Job(HERE)
    if placement.first:
        job.check_files()
    with Output(options.out, options.resume) if placement.first else contextlib.nullcontext() as out:
        status = run(job, options, placement, out)
    placement.leave(status)
    if status:
        sys.exit(status)


if __name__ == "__main__":
    main()
