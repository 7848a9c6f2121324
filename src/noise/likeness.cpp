// A gaussian with each class's mean and covariance, in the basis of the data's principal
// components; what lies outside of them is independent noise of the data's variance.
#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>

#include "noise/classes.h"
#include "noise/generator.h"
#include "noise/grid.h"

namespace amalgam {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

constexpr std::uint64_t kSample = 1000;  // rows that the components are found from
constexpr Eigen::Index kComponents = 64;

Vector row_of(const Field& field, std::uint64_t row) {
  const std::uint64_t width = field.width();
  Vector out(static_cast<Eigen::Index>(width));
  for (std::uint64_t i = 0; i < width; ++i) {
    const double value = load_number(field, row * width + i);
    out[static_cast<Eigen::Index>(i)] = std::isfinite(value) ? value : 0;
  }
  return out;
}

// Evenly spaced rows, as columns.
Matrix sample_of(const Field& field, const std::vector<std::uint64_t>& rows) {
  const std::size_t count = std::min<std::size_t>(rows.size(), kSample);
  Matrix out(static_cast<Eigen::Index>(field.width()), static_cast<Eigen::Index>(count));
  for (std::size_t i = 0; i < count; ++i)
    out.col(static_cast<Eigen::Index>(i)) = row_of(field, rows[i * rows.size() / count]);
  return out;
}

struct FieldModel {
  Matrix basis;     // [width, components], orthonormal
  Vector residual;  // deviation outside of the basis, per position
  struct Class {
    Vector mean;
    Matrix factor;  // of the covariance of the coefficients: Cholesky's
  };
  std::vector<Class> classes;
  Grid grid;
};

// The principal components, from the small matrix of inner products.
Matrix principal_basis(const Matrix& centred) {
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(centred.transpose() * centred);
  const Eigen::Index count = std::min<Eigen::Index>(kComponents, centred.cols());
  Matrix basis(centred.rows(), 0);
  for (Eigen::Index i = 0; i < count; ++i) {
    const Eigen::Index at = centred.cols() - 1 - i;
    if (solver.eigenvalues()[at] < 1e-9 * std::max(1e-300, solver.eigenvalues().maxCoeff())) break;
    basis.conservativeResize(Eigen::NoChange, basis.cols() + 1);
    basis.col(basis.cols() - 1) = (centred * solver.eigenvectors().col(at)).normalized();
  }
  return basis;
}

FieldModel fit(const Field& field, const RowClasses& classes) {
  FieldModel model;
  model.grid = find_grid(field);
  std::vector<std::uint64_t> all(field.rows());
  for (std::uint64_t row = 0; row < all.size(); ++row) all[row] = row;
  Matrix sample = sample_of(field, all);
  const Vector mean = sample.rowwise().mean();
  sample.colwise() -= mean;
  model.basis = principal_basis(sample);
  const Matrix outside = sample - model.basis * (model.basis.transpose() * sample);
  model.residual =
      (outside.array().square().rowwise().sum() / static_cast<double>(sample.cols())).sqrt();
  for (const auto& rows : classes.groups) {
    Matrix own = sample_of(field, rows);
    FieldModel::Class one;
    one.mean = own.rowwise().mean();
    own.colwise() -= one.mean;
    const Matrix coefficients = model.basis.transpose() * own;
    Matrix covariance = coefficients * coefficients.transpose() / static_cast<double>(own.cols());
    // A class of few rows has no full covariance.
    covariance.diagonal().array() += 1e-6 * (1 + covariance.trace());
    one.factor = covariance.llt().matrixL();
    model.classes.push_back(std::move(one));
  }
  return model;
}

class Likeness : public Generator {
 public:
  explicit Likeness(std::shared_ptr<const Dataset> data)
      : data_(std::move(data)), classes_(rows_by_class(*data_)) {
    for (const Field& field : data_->features()) fields_.push_back(fit(field, classes_));
  }

  void draw(std::size_t field, std::uint64_t like, RandomStream& random,
            MutableBytes out) const override {
    const FieldModel& model = fields_[field];
    const FieldModel::Class& one = model.classes[classes_.group_of[like]];
    Vector normal(model.basis.cols());
    for (double& value : normal) value = random.normal();
    const Vector values = one.mean + model.basis * (one.factor * normal);
    const DType dtype = data_->fields[field].tensor.dtype;
    for (Eigen::Index i = 0; i < values.size(); ++i)
      store_number(dtype, out, static_cast<std::size_t>(i),
                   model.grid.snap(values[i] + model.residual[i] * random.normal()));
  }

 private:
  std::shared_ptr<const Dataset> data_;
  RowClasses classes_;
  std::vector<FieldModel> fields_;
};

}  // namespace

std::unique_ptr<Generator> make_likeness(std::shared_ptr<const Dataset> data) {
  return std::make_unique<Likeness>(std::move(data));
}

}  // namespace amalgam
