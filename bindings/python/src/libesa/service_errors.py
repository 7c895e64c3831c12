"""An exception for each code that the service documents for this library's operations."""

from __future__ import annotations

from .enums import ServiceCode
from .errors import BusyError, ConflictError, NotFoundError, OverdueError, QuotaError, RejectedError, ServerError


class InternalExceptionError(ServerError):
    """InternalException: the service failed; the record may exist."""

    service_code = ServiceCode.INTERNAL_EXCEPTION


class InvalidParameterError(RejectedError, ValueError):
    """InvalidParameter: the routine's name, the site id or the record's name is not one."""

    service_code = ServiceCode.INVALID_PARAMETER


class RoutineNotExistError(NotFoundError):
    """RoutineNotExist: the account has no routine of this name."""

    service_code = ServiceCode.ROUTINE_NOT_EXIST


class DependedByOthersError(ConflictError):
    """DependedByOthers: an ordinary DNS record of this name exists on the site."""

    service_code = ServiceCode.DEPENDED_BY_OTHERS


class SiteParameterNotMatchError(RejectedError, ValueError):
    """SiteParameterNotMatch: the site is not the account's, or the record's name is not on it."""

    service_code = ServiceCode.SITE_PARAMETER_NOT_MATCH


class InternalOperationError(ServerError):
    """InternalOperationError: the service failed; the record may exist."""

    service_code = ServiceCode.INTERNAL_OPERATION_ERROR


class ParameterAlreadyExistError(ConflictError):
    """ParameterAlreadyExist: a record of this name exists already."""

    service_code = ServiceCode.PARAMETER_ALREADY_EXIST


class RelatedRecordNumberExceedQuotaLimitError(QuotaError):
    """RelatedRecordNumberExceedQuotaLimit: the routine has as many records as the plan allows."""

    service_code = ServiceCode.RELATED_RECORD_NUMBER_EXCEED_QUOTA_LIMIT


class RoutineUserServiceStatusHaltError(OverdueError):
    """RoutineUserServiceStatusHalt: the account has overdue payments."""

    service_code = ServiceCode.ROUTINE_USER_SERVICE_STATUS_HALT


class UserOperationStatusIsLockedError(BusyError):
    """UserOperationStatusIsLocked: another routine call of this account is running."""

    service_code = ServiceCode.USER_OPERATION_STATUS_IS_LOCKED
