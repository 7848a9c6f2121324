def set_up_kernels(fast):
    if fast:
        warn(
            "--fast: kernels may be non-deterministic and use TF32, so results equal plain training's up to rounding only"
        )
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
    else:
        torch.use_deterministic_algorithms(True)
        torch.utils.deterministic.fill_uninitialized_memory = False
        torch.backends.cudnn.benchmark = False


def set_up_compile(subnetworks):
    """Past eight recompilations the rest would run eagerly, in silence."""
    import torch._dynamo
    import torch._inductor.config

    torch._dynamo.config.recompile_limit = max(8, 4 * subnetworks)
    torch._inductor.config.fallback_random = True


def conditions_of(options, placement, batches):
    """What a run is computed with: what must be the same for a checkpoint to be continued, and what may round otherwise."""
    must = {"threads": torch.get_num_threads(), "--compile": options.compile, "--fast": options.fast}
    must["batches an epoch"] = batches  # a last one may be too small for so many processes
    may = {"PyTorch": torch.__version__, **placement.roundings()}
    return {"must": {**placement.conditions(), **must}, "may": may}
