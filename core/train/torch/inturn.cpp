#include "train/torch/inturn_p.h"

#include <ATen/Parallel.h>

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace halftone {

void inParts(std::size_t workers, std::size_t parts, const PartFn& compute, const PartFn& inTurn)
{
    std::atomic<std::size_t> next{0};
    std::atomic<bool> failed{false};
    std::mutex mutex;
    std::condition_variable moved;
    std::size_t turn = 0;
    std::exception_ptr error;
    const auto attempt = [&](const PartFn& work, std::size_t worker, std::size_t part) {
        try {
            if (!failed)
                work(worker, part);
        } catch (...) {
            failed = true;
            return std::current_exception();
        }
        return std::exception_ptr();
    };
    const auto run = [&](std::size_t worker) {
        for (std::size_t part = next++; part < parts; part = next++) {
            std::exception_ptr thrown = attempt(compute, worker, part);
            std::unique_lock lock(mutex);
            moved.wait(lock, [&] { return turn == part; });
            if (!thrown)
                thrown = attempt(inTurn, worker, part);
            if (thrown && !error)
                error = thrown;
            ++turn;
            moved.notify_all();
        }
    };
    {
        std::vector<std::jthread> threads;
        for (std::size_t worker = 1; worker < workers; ++worker)
            threads.emplace_back([&run, worker] {
                at::init_num_threads();
                run(worker);
            });
        run(0);
    }
    if (error)
        std::rethrow_exception(error);
}

} // namespace halftone
