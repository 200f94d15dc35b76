"""Events of the four streams as producers send them."""

import datetime


def hour(back):
    """The beginning of the hour that many hours before the current one."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return now.replace(minute=0, second=0, microsecond=0) - datetime.timedelta(hours=back)


def text(when):
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def usage(identity, when, quantity, account="a1", **more):
    return {"event_id": identity, "event_time": text(when + datetime.timedelta(minutes=7)), "account_id": account,
            "workspace_id": "w-" + account, "sku_name": "JOBS", "usage_unit": "DBU", "usage_quantity": quantity, **more}


def audit(identity, when, person="ann@example.com", action="GetObject", **more):
    return {"eventID": identity, "eventTime": text(when), "eventName": action, "eventSource": "s3.amazonaws.com",
            "recipientAccountId": "111", "sourceIPAddress": "10.0.0.1", "readOnly": True,
            "userIdentity": {"type": "IAMUser", "userName": person},
            "requestParameters": {"bucket": "b", "requestedBy": person}, **more}


def job(identity, when, run, state=None, person="ann@example.com", **more):
    return {"event_id": identity, "event_time": text(when), "workspace_id": "w1", "job_id": "j1", "run_id": run,
            "run_as": person, "period_start_time": text(when), "period_end_time": text(when + datetime.timedelta(minutes=1)),
            **({"result_state": state} if state else {}), **more}


def metric(identity, when, cpu=20.5, **more):
    return {"event_id": identity, "event_time": text(when), "workspace_id": "w1", "cluster_id": "c1",
            "instance_id": "i-1", "cpu_user_percent": cpu, "cpu_system_percent": 4.5, "mem_used_percent": 50, **more}
