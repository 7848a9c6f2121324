#include "weave/samples.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstring>

#include "seeds.h"

namespace amalgam {
namespace {

Field field(DType dtype, std::uint64_t rows, std::uint64_t width, std::uint8_t first) {
  std::vector<std::byte> bytes(rows * width * dtype_size(dtype));
  for (std::byte& b : bytes) b = std::byte{first++};
  return {"x", {dtype, {rows, width}, memory_source(std::move(bytes))}};
}

Field target(DType dtype, std::uint64_t rows, std::uint64_t width, std::uint8_t first) {
  Field made = field(dtype, rows, width, first);
  made.role = Role::kTarget;
  return made;
}

struct Made {
  Secret seed = seed_of(0x99);
  std::vector<Dataset> data;
  std::vector<JobTask> tasks;
  Plan plan;
  std::unique_ptr<SampleWeaver> weaver;
};

std::unique_ptr<Made> make(std::size_t tasks, std::uint64_t rows) {
  static constexpr DType kTypes[] = {DType::kUInt8, DType::kFloat32, DType::kInt64, DType::kInt32};
  auto made = std::make_unique<Made>();
  std::vector<TaskShape> shapes;
  for (std::size_t t = 0; t < tasks; ++t) {
    const DType dtype = kTypes[(t / 2) % 4];
    Dataset data;
    data.add(field(dtype, 40 + t, 3 + 17 * t, static_cast<std::uint8_t>(t)));
    // Any number of targets: none, one, or two.
    for (std::size_t y = 0; y < t % 3; ++y)
      data.add(target(y == 1 ? DType::kFloat32 : DType::kInt64, 40 + t, 1 + t % 2, 99));
    JobTask task;
    task.shape.fingerprint = std::to_string(t);
    task.shape.rows = 40 + t;
    for (const Field& one : data.fields)
      task.shape.fields.push_back({one.role, one.tensor.dtype, one.width()});
    task.rows.training = dataset_rows(data);
    shapes.push_back(task.shape);
    made->tasks.push_back(std::move(task));
    made->data.push_back(std::move(data));
  }
  made->plan = draw_plan(made->seed, shapes, {rows, 7});
  made->weaver = std::make_unique<SampleWeaver>(made->plan, made->tasks);
  return made;
}

const Tensor& find(const std::vector<NamedTensor>& tensors, const std::string& name) {
  for (const NamedTensor& named : tensors)
    if (named.name == name) return named.tensor;
  throw std::runtime_error("no " + name);
}

// Law 1 over random tasks: gathering a stream gives its samples and targets, byte for byte.
RC_GTEST_PROP(SampleWeaver, RoundTrip, ()) {
  const auto made = make(*rc::gen::inRange<std::size_t>(1, 9), 50);
  for (const bool held_out : {false, true}) {
    const auto tensors = made->weaver->weave(held_out, 0, held_out ? 7 : 50, 2);
    for (const Stream& stream : made->plan.streams) {
      const Dataset& data = made->data[stream.task];
      const auto check = [&](const Field& source, const Positions& columns) {
        const Tensor& woven = find(tensors, ColumnGroup{source.role, source.tensor.dtype}.name());
        const std::size_t item = dtype_size(source.tensor.dtype);
        const auto& rows = held_out ? stream.held_out : stream.rows;
        for (std::size_t r = 0; r < rows.size(); ++r)
          for (std::size_t i = 0; i < columns.size(); ++i)
            RC_ASSERT(
                std::memcmp(
                    woven.source->view().data() + (r * woven.shape[1] + columns[i]) * item,
                    source.tensor.source->view().data() + (rows[r] * columns.size() + i) * item,
                    item) == 0);
      };
      for (std::size_t f = 0; f < data.fields.size(); ++f)
        check(data.fields[f], stream.fields[f].positions);
    }
  }
}

TEST(SampleWeaver, SameBytesForAnyThreadsAndCuts) {
  const auto made = make(4, 1000);
  const auto whole = made->weaver->weave(false, 0, 1000, 1);
  const auto threaded = made->weaver->weave(false, 0, 1000, 2);
  const auto head = made->weaver->weave(false, 0, 333, 1),
             tail = made->weaver->weave(false, 333, 1000, 1);
  for (std::size_t t = 0; t < whole.size(); ++t) {
    const auto text = [&](const std::vector<NamedTensor>& list) {
      return std::string(as_text(list[t].tensor.source->view()));
    };
    EXPECT_EQ(text(whole), text(threaded));
    EXPECT_EQ(text(whole), text(head) + text(tail));
  }
}

TEST(SampleWeaver, FormsAreThoseOfWhatItWeaves) {
  const auto made = make(8, 50);
  const auto woven = made->weaver->weave(false, 10, 31, 1), forms = made->weaver->forms(21);
  ASSERT_EQ(forms.size(), woven.size());
  for (std::size_t t = 0; t < forms.size(); ++t) {
    EXPECT_EQ(forms[t].name, woven[t].name);
    EXPECT_EQ(forms[t].tensor.dtype, woven[t].tensor.dtype);
    EXPECT_EQ(forms[t].tensor.shape, woven[t].tensor.shape);
  }
}

}  // namespace
}  // namespace amalgam
