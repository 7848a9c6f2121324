def run(job, options, placement, out):
    """Trains; returns the exit status. `out` is None but on the first process."""
    if out:
        options.resume = Checkpoint(options.out, job).may_resume(out, options.resume)
    options.resume = placement.broadcast(options.resume)
    if options.compile:
        set_up_compile(len(job.manifest["subnetworks"]))
    sys.path.insert(0, str(HERE))
    import model

    network = placement.place(model.load(HERE / "weights.safetensors"))
    torch.manual_seed(job.manifest["training"]["seed"])
    trainer = Trainer(job, network, options, placement)
    try:
        with Signals() as signals:
            trainer.run(out, signals)
    except Stopped as stopped:
        if out:
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
